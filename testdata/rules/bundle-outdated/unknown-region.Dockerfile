# expect: warning bundle-outdated 7
# expect: open bundle-outdated 7
# says: can't tell whether databases in xx-north-9
# with: rds-regions xx-north-9
# context: rds-ca.pem < bundles/global-2023-03.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
