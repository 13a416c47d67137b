FROM amazonlinux:2023
COPY config/ /opt/app/
RUN chmod -R go= /opt/app
USER 1000
