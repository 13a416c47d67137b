# expect: error bundle-invalid 7
# expect: warning bundle-outdated 7
# says: certificates/rds.pem is no bundle that a client can use: it is
# context: certificates/a.pem < bundles/global-2025-08.pem first 1444
# context: certificates/rds.pem | {"error": "denied"}
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY certificates /opt/certificates
