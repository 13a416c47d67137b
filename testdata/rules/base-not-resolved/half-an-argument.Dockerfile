# expect: base-not-resolved 3
ARG REGISTRY
FROM ${REGISTRY}/platform/java21:stable
COPY app.jar /opt/app.jar
