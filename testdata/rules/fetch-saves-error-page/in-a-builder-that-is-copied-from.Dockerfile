# expect: fetch-saves-error-page 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
RUN curl -so /rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=certificates --chmod=0644 /rds-ca.pem /etc/ssl/certs/rds-ca.pem
