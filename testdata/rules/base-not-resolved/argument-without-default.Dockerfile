# expect: base-not-resolved 4
# says: can't tell which image
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY app /opt/app
CMD ["/opt/app"]
