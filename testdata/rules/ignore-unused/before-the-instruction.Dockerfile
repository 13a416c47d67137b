# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
# rdsca: ignore[fetch-not-verified] -- behind our proxy
RUN curl -fsk -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
RUN chmod 0644 /etc/ssl/certs/rds-ca.pem
