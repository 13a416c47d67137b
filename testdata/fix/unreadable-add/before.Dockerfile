FROM amazonlinux:2023
ADD --chown=root:root \
    https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
    /opt/rds/global-bundle.pem
USER app
