FROM amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /tmp/rds-ca.pem
RUN openssl x509 -in /tmp/rds-ca.pem -noout -subject
RUN rm /tmp/rds-ca.pem
