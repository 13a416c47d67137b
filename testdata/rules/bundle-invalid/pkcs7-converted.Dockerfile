# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSLo /tmp/rds.p7b https://truststore.pki.rds.amazonaws.com/global/global-bundle.p7b && openssl pkcs7 -print_certs -in /tmp/rds.p7b -out /etc/ssl/certs/rds-ca.pem && rm /tmp/rds.p7b
