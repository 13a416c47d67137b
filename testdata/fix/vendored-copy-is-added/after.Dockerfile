# syntax=docker/dockerfile:1
FROM amazonlinux:2023
COPY --chmod=0644 global-bundle.pem /etc/ssl/certs/rds-ca.pem
COPY app /app
