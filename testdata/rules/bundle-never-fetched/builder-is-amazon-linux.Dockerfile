# expect: nothing
FROM amazonlinux:2023 AS build
RUN dnf install -y gcc make
RUN gcc --version > /version

FROM alpine:3.20
COPY --from=build /version /version
