# expect: nothing
FROM debian:12
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/rds-ca.pem
RUN rm /opt/rds-ca.pem
