# syntax=docker/dockerfile:1
FROM amazonlinux:2023
# The roots of RDS.
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
RUN rm -rf /etc/ssl/certs/rds-ca.pem /var/cache/dnf
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
USER 1000
