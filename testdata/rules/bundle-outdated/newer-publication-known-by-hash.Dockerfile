# expect: warning bundle-outdated 5
# with: bundle builtin
# context: rds-ca.pem < bundles/global-2025-08.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
