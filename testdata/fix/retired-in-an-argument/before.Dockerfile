ARG VERSION=2
FROM amazonlinux:${VERSION}
ARG RDS_CA="https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem"
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem "$RDS_CA"
