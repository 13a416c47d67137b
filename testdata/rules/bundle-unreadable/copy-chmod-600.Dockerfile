# expect: bundle-unreadable 6
FROM alpine:3.20 AS certificates
RUN wget -q -O /rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem

FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=certificates --chmod=600 /rds-ca.pem /etc/ssl/certs/rds-ca.pem
USER nobody
