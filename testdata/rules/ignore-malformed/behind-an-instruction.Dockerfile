# expect: ignore-malformed 4
# expect: fetch-not-verified 4
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsk -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem # rdsca: ignore[fetch-not-verified] -- behind our proxy
