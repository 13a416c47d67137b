# expect: base-not-resolved 3
# says: nothing but the base image's name is known
FROM registry.internal.example/platform/runtime:4
COPY app /opt/app
USER 1000
CMD ["/opt/app"]
