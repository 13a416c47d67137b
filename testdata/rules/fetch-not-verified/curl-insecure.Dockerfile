# expect: fetch-not-verified 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSLk -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
