# expect: nothing
ARG BASE_IMAGE=debian:12-slim
FROM ${BASE_IMAGE}
COPY app /opt/app
