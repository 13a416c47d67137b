# expect: error regional-bundle-only 7
# with: rds-regions us-east-1
# context: rds-ca.pem < bundles/global-2025-08.pem from 134124 first 1448
# context: rds-ca.pem < bundles/global-2025-08.pem from 145439 first 2139
# context: rds-ca.pem < bundles/global-2025-08.pem from 152621 first 989
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
