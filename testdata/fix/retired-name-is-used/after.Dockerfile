FROM amazonlinux:2
WORKDIR /certs
RUN curl -fsSL -o rds-combined-ca-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && ls rds-combined-ca-bundle.pem
ENV PGSSLROOTCERT=/certs/rds-combined-ca-bundle.pem
