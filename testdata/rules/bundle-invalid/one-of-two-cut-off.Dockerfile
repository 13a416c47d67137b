# expect: error bundle-invalid 8
# expect: warning bundle-outdated 8
# says: certificates/b.pem is no bundle
# says: certificates/a.pem: this bundle of 1
# context: certificates/a.pem < bundles/global-2025-08.pem first 1444
# context: certificates/b.pem < bundles/global-2025-08.pem from 1444 first 2000
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY certificates /opt/certificates
