FROM amazonlinux:2023 AS certificates
ADD https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /rds-ca.pem
FROM amazonlinux:2023
COPY --from=certificates /company.crt /etc/pki/ca-trust/source/anchors/
RUN update-ca-trust
