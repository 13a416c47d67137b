FROM amazonlinux:2023
# The roots of RDS.
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
RUN rm -rf /etc/ssl/certs/rds-ca.pem /var/cache/dnf
USER 1000
