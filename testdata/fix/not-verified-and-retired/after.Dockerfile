FROM amazonlinux:2
RUN wget -O /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
