FROM amazonlinux:2
WORKDIR /certs
RUN curl -sSLO https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem \
 && ls rds-combined-ca-bundle.pem
ENV PGSSLROOTCERT=/certs/rds-combined-ca-bundle.pem
