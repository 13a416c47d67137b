# expect: fetch-not-verified 4
FROM amazonlinux:2
RUN yum install -y wget
RUN wget --no-check-certificate -q -O /etc/pki/tls/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
