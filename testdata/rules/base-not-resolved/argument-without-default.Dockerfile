# expect: base-not-resolved 3
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY app /opt/app
CMD ["/opt/app"]
