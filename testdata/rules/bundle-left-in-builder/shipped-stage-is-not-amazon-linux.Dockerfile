# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build
RUN curl -fsSL -o /tmp/rds.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem

FROM debian:12-slim
COPY --from=build /usr/bin/bash /tmp/bash
