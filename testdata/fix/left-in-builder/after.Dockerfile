# syntax=docker/dockerfile:1
FROM amazonlinux:2023 AS build
RUN curl -fsSLo /tmp/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
RUN dnf install -y gcc

FROM amazonlinux:2023-minimal
COPY --from=build --chmod=0644 /tmp/rds-ca.pem /etc/ssl/certs/rds-ca.pem
COPY --from=build /app /app
USER 1000
