FROM golang:1.25 AS build
RUN go build -o /app ./...

from amazonlinux:2023 as base
USER 10001:10001

FROM base
COPY --from=build /app /app
ENTRYPOINT ["/app"]
