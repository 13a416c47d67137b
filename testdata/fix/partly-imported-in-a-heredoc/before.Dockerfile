# syntax=docker/dockerfile:1
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
RUN <<EOF
set -e
keytool -import -noprompt -keystore /opt/trust.jks -storepass changeit -file /etc/ssl/certs/rds-ca.pem
EOF
