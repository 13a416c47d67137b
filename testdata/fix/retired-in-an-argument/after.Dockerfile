ARG VERSION=2
FROM amazonlinux:${VERSION}
ARG RDS_CA="https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem "$RDS_CA"
