FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSLo /tmp/global-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && openssl x509 -in /tmp/global-bundle.pem -out /etc/ssl/certs/rds-ca.pem \
 && rm /tmp/global-bundle.pem
