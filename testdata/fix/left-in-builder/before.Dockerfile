FROM amazonlinux:2023 AS build
RUN curl -fsSLo /tmp/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
RUN dnf install -y gcc

FROM amazonlinux:2023-minimal
COPY --from=build /app /app
USER 1000
