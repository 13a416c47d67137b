# expect: error bundle-invalid 4
# context: rds-ca.pem < bundles/global-2025-08.pem first 100000
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
