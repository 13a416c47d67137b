FROM amazonlinux:2023
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
