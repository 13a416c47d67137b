# expect: bundle-never-fetched 4
# Something is fetched, and it is not the bundle.
ARG RELEASE=2023
FROM public.ecr.aws/amazonlinux/amazonlinux:${RELEASE}
RUN curl -fsSL -o /usr/local/bin/tini https://github.com/krallin/tini/releases/download/v0.19.0/tini-static \
 && chmod 755 /usr/local/bin/tini
ENTRYPOINT ["/usr/local/bin/tini", "--"]
