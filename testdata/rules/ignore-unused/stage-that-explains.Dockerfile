# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build
RUN curl -fsSo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
# rdsca: ignore[bundle-left-in-builder] -- the build reads a database, the service does not
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
