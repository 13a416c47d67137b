# expect: bundle-unreadable 6
FROM amazonlinux:2 AS runtime
USER 10001:10001

FROM runtime
ADD https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/certs/rds-ca.pem
