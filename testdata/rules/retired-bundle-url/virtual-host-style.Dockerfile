# expect: retired-bundle-url 4
FROM amazonlinux:2
RUN yum install -y wget
RUN wget -q -O /etc/pki/tls/certs/rds-ca.pem https://rds-downloads.s3.amazonaws.com/rds-combined-ca-bundle.pem
