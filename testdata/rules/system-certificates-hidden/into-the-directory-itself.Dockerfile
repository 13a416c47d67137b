# expect: nothing
FROM amazonlinux:2
ADD --link https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/pki/tls/certs/rds-ca.pem
