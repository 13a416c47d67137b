# syntax=docker/dockerfile:1
FROM amazonlinux:2023 AS service
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
COPY app /app

FROM service AS debug
RUN dnf install -y gdb
