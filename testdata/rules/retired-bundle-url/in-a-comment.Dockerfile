# expect: nothing
# It was https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem until 2024.
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSL -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
