# expect: system-certificates-hidden 5
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /rds-ca.pem
FROM amazonlinux:2
COPY --link --from=certificates /rds-ca.pem /etc/ssl/certs/
