# syntax=docker/dockerfile:1.4
FROM amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
RUN dnf install -y \
    nginx
USER nginx
