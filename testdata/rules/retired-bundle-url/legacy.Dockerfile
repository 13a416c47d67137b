# expect: retired-bundle-url 5
# expect: fetch-not-verified 5
FROM amazonlinux:2
RUN yum install -y wget
RUN wget --no-check-certificate -O /etc/ssl/certs/rds-ca.pem https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem
