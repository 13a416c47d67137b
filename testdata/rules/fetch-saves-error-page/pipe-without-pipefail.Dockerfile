# expect: fetch-saves-error-page 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSL https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem | tee /etc/ssl/certs/rds-ca.pem > /dev/null
