# expect: nothing
FROM registry.internal.example/platform/runtime:4
ADD --chmod=644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
USER 1000
