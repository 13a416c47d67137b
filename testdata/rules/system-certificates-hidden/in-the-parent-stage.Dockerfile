# expect: system-certificates-hidden 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS base
ADD --link https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
FROM base
RUN chmod 0644 /etc/ssl/certs/rds-ca.pem
USER 1000
