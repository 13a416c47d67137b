# expect: error bundle-foreign-authority 6
# with: bundle-path /etc/ssl/certs/trust.pem
# context: trust.pem < bundles/global-2025-08.pem
# context: trust.pem < certificates/foreign-ca.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY trust.pem /etc/ssl/certs/trust.pem
