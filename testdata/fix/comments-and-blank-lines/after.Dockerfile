# syntax=docker/dockerfile:1
# Orders service.

# The base is renewed monthly.
FROM amazonlinux:2
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem

# Packages.
RUN yum install -y python3 \
    # the driver
    postgresql \

    shadow-utils \
 && yum clean all

  # Who runs it.
USER 1000
