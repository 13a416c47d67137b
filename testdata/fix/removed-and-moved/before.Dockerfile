FROM amazonlinux:2023
ADD --chmod=0644 \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
    /etc/ssl/certs/rds-ca.pem
COPY company.crt /etc/pki/ca-trust/source/anchors/
RUN update-ca-trust
USER 1000
