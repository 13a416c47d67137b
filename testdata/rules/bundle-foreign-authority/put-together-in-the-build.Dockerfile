# expect: error bundle-foreign-authority 6
# context: global-bundle.pem < bundles/global-2025-08.pem
# context: company.pem < certificates/foreign-ca.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY global-bundle.pem company.pem /tmp/
RUN cat /tmp/global-bundle.pem /tmp/company.pem > /etc/ssl/certs/rds-ca.pem && rm /tmp/global-bundle.pem /tmp/company.pem
