FROM amazonlinux:2
RUN yum install -y \
      jq \
 && curl -sS https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem \
      > /etc/ssl/certs/rds-ca.pem
