FROM alpine:3.22
RUN apk add --no-cache curl && curl -fsSLo /rds.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem

FROM amazonlinux:2
USER 1000
