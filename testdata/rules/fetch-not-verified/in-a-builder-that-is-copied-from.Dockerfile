# expect: fetch-not-verified 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
RUN curl --insecure --fail --silent --output /rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem

FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=certificates /rds-ca.pem /etc/ssl/certs/rds-ca.pem
