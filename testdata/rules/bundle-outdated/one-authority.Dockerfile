# expect: warning bundle-outdated 6
# says: certificates/a.pem: this bundle of 1 RDS
# context: certificates/a.pem < bundles/global-2025-08.pem first 1444
# context: certificates/README | pieces
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY certificates /opt/certificates
