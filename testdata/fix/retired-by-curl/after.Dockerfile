FROM amazonlinux:2
RUN yum install -y \
      jq \
 && curl -fsS https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
      > /etc/ssl/certs/rds-ca.pem
