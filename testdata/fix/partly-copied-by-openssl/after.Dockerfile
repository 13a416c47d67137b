FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSLo /tmp/global-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && cat /tmp/global-bundle.pem > /etc/ssl/certs/rds-ca.pem \
 && rm /tmp/global-bundle.pem
