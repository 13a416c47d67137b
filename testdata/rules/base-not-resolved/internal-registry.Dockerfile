# expect: base-not-resolved 2
FROM registry.internal.example/platform/runtime:4
COPY app /opt/app
USER 1000
CMD ["/opt/app"]
