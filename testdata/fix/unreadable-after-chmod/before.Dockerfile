FROM amazonlinux:2
RUN mkdir -p /opt/rds \
 && curl -fsSLo /opt/rds/global-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && chmod 600 /opt/rds/global-bundle.pem
USER 1000
