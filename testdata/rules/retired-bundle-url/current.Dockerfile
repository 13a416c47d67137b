# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSL -o /etc/ssl/certs/rds-combined-ca-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
