# syntax=docker/dockerfile:1
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
RUN <<EOF
set -e
csplit -sz -f /tmp/rds-ca- -b %03d.pem /etc/ssl/certs/rds-ca.pem '/-----BEGIN CERTIFICATE-----/' '{*}'  && for piece in /tmp/rds-ca-*.pem; do keytool -import -noprompt -keystore /opt/trust.jks -storepass changeit -file "$piece" -alias "$(basename "$piece")" || exit 1; done  && rm /tmp/rds-ca-*.pem
EOF
