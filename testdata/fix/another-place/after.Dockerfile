FROM amazonlinux:2023
RUN curl -fsSLo /opt/certs/rds.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && echo "fe45bbebf92ad3e27a583bbb2ddd1553c521ed4d49af5514dc0a40372ea5395c  /opt/certs/rds.pem" | sha256sum -c - \
 && chmod 0644 /opt/certs/rds.pem
USER 1000
