FROM amazonlinux:2
RUN yum remove -y curl && yum clean all
RUN rm -f /etc/ssl/certs/rds-ca.pem
COPY app /app
