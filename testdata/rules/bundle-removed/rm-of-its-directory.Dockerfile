# expect: bundle-removed 4
FROM amazonlinux:2
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/certificates/rds-ca.pem
RUN rm -rf /opt/certificates
