FROM amazonlinux:2
RUN yum install -y jq \
 && curl -sSLo /etc/ssl/certs/rds-ca.pem \
      https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
USER 1000
