FROM amazonlinux:2
RUN wget --no-check-certificate -O /etc/ssl/certs/rds-ca.pem http://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem
