# expect: bundle-left-in-builder 3
FROM debian:12 AS fetch
ADD --chmod=644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /certs/rds-ca.pem
RUN mkdir -p /out && echo built > /out/marker

FROM amazonlinux:2
COPY --from=fetch /out/ /opt/
