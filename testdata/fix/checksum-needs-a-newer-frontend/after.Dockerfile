# syntax=docker/dockerfile:1
# Billing.
FROM amazoncorretto:21
ADD --chmod=0644 --checksum=sha256:fe45bbebf92ad3e27a583bbb2ddd1553c521ed4d49af5514dc0a40372ea5395c https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
COPY app.jar /app.jar
