FROM amazonlinux:2023
ARG BUNDLE=/tmp/x.txt
COPY --from=certificates rds-ca.pem $BUNDLE
