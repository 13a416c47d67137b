# expect: base-not-resolved 2
FROM registry.internal.example/platform/base:1 AS base
RUN mkdir -p /opt/app

FROM base
COPY app /opt/app/app
