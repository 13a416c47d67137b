FROM golang:1.25 AS build
RUN go build -o /app ./...

from amazonlinux:2023 as base
USER 10001:10001

FROM base
USER root
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && echo "fe45bbebf92ad3e27a583bbb2ddd1553c521ed4d49af5514dc0a40372ea5395c  /etc/ssl/certs/rds-ca.pem" | sha256sum -c - \
 && chmod 0644 /etc/ssl/certs/rds-ca.pem
USER 10001:10001
COPY --from=build /app /app
ENTRYPOINT ["/app"]
