FROM amazonlinux:2
RUN wget -O rds-combined-ca-bundle.pem -q https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem && mv rds-combined-ca-bundle.pem /etc/ssl/certs/
