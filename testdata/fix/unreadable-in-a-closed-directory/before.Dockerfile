FROM amazonlinux:2
RUN curl -fsSLo /root/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
USER 1000
