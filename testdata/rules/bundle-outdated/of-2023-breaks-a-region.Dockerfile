# expect: error bundle-outdated 5
# with: rds-regions eu-west-1,mx-central-1
# context: rds-ca.pem < bundles/global-2023-03.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
