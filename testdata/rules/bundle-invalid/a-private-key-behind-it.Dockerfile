# expect: error bundle-invalid 6
# says: private key
# context: rds-ca.pem < bundles/global-2025-08.pem
# context: rds-ca.pem | -----BEGIN PRIVATE KEY-----
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
