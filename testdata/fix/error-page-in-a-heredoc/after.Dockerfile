FROM amazonlinux:2023
RUN <<EOF
set -e
curl -f https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem > /etc/ssl/certs/rds-ca.pem
EOF
