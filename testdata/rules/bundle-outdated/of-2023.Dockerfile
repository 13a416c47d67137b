# expect: warning bundle-outdated 5
# says: rds-ca.pem: this is the global bundle of 2023-
# context: rds-ca.pem < bundles/global-2023-03.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
