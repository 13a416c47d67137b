# expect: bundle-partly-imported 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSL https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem | openssl x509 -out /etc/ssl/certs/rds-ca.pem
