# expect: warning bundle-outdated 7
# says: the files of /opt/certificates: this bundle of 2 RDS authorities
# context: certificates/a.pem < bundles/global-2025-08.pem first 1444
# context: certificates/b.pem < bundles/global-2025-08.pem from 1444 first 1452
# context: certificates/README | pieces
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY certificates /opt/certificates
