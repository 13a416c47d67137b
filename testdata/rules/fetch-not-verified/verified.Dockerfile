# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl --fail --silent --show-error --location --proto '=https' --tlsv1.2 --output /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
