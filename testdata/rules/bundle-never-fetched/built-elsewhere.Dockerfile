# expect: bundle-never-fetched 9
FROM golang:1.23 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -o /out/ledger ./cmd/ledger

FROM amazonlinux:2
COPY --from=build /out/ledger /usr/local/bin/ledger
ENTRYPOINT ["/usr/local/bin/ledger"]
