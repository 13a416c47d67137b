FROM amazonlinux:2023
RUN curl -fsSL \
      -o /etc/ssl/certs/rds-ca.pem \
      https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
USER 1000
