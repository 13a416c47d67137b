# expect: error bundle-invalid 5
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
RUN curl -fsSLo /rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.p7b
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=certificates /rds-ca.pem /etc/ssl/certs/rds-ca.pem
