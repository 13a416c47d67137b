FROM amazonlinux:2023
COPY company.crt /etc/pki/ca-trust/source/anchors/
RUN update-ca-trust
ADD --chmod=0644 \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
    /etc/ssl/certs/rds-ca.pem
USER 1000
