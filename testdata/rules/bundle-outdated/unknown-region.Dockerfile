# expect: warning bundle-outdated 6
# expect: open bundle-outdated 6
# with: rds-regions xx-north-9
# context: rds-ca.pem < bundles/global-2023-03.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
