# expect: warning regional-bundle-only 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
RUN curl -fsSLo /rds-ca.pem https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=certificates /rds-ca.pem /etc/ssl/certs/rds-ca.pem
