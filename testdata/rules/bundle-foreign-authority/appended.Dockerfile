# expect: error bundle-foreign-authority 5
# context: rds-ca.pem < bundles/global-2025-08.pem
# context: rds-ca.pem < certificates/foreign-ca.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
