# expect: nothing
# context: rds-ca.pem < bundles/global-2023-03.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build
COPY rds-ca.pem /tmp/
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
