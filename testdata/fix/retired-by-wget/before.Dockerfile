FROM amazonlinux:2
RUN wget -q https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem && mv rds-combined-ca-bundle.pem /etc/ssl/certs/
