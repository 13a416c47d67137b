# syntax = docker/dockerfile:1.7-labs
FROM amazonlinux:2023
ADD --chmod=600 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/rds/global-bundle.pem
USER app
