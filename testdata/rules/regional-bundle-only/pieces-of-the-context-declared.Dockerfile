# expect: nothing
# with: rds-regions eu-west-1
# context: certificates/a.pem < bundles/global-2025-08.pem from 134124 first 1448
# context: certificates/b.pem < bundles/global-2025-08.pem from 145439 first 2139
# context: certificates/c.pem < bundles/global-2025-08.pem from 152621 first 989
# context: certificates/README | pieces
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY certificates /opt/certificates
