# syntax=docker/dockerfile:1
FROM amazonlinux:2
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
RUN curl -fsSLo /root/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
USER 1000
