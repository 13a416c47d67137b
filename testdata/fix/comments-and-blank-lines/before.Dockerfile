# Orders service.

# The base is renewed monthly.
FROM amazonlinux:2

# Packages.
RUN yum install -y python3 \
    # the driver
    postgresql \

    shadow-utils \
 && yum clean all

  # Who runs it.
USER 1000
