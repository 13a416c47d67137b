# expect: nothing
FROM amazonlinux:2
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
RUN yum -y update
CMD update-ca-trust && exec /app
