# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build
ADD https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem /tmp/
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
