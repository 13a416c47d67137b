# expect: nothing
FROM registry.internal.example/toolchains/rust:1 AS build
COPY . .
RUN cargo build --release

FROM debian:12-slim
COPY --from=build /target/release/app /usr/local/bin/app
