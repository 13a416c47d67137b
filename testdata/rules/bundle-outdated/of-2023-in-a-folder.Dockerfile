# expect: warning bundle-outdated 5
# context: certificates/database.pem < bundles/global-2023-03.pem
# context: certificates/README | the bundle
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY certificates /opt/certificates
