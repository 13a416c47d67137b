# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS base
RUN curl -fsSL https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem -o /etc/ssl/certs/rds-ca.pem

FROM base
RUN dnf install -y java-21-amazon-corretto-headless && dnf clean all
