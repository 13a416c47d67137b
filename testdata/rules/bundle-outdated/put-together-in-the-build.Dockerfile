# expect: warning bundle-outdated 6
# says: /etc/ssl/certs/rds-ca.pem: this bundle of 2 RDS authorities
# context: a.pem < bundles/global-2025-08.pem first 1444
# context: b.pem < bundles/global-2025-08.pem from 1444 first 1452
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN --mount=type=bind,target=/src cat /src/a.pem /src/b.pem > /etc/ssl/certs/rds-ca.pem
