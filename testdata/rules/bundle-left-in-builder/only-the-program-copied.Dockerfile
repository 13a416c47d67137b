# expect: bundle-left-in-builder 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build
RUN curl -fsSL -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
RUN dnf install -y golang && dnf clean all
WORKDIR /src
COPY . .
RUN go build -o /out/orders .

FROM public.ecr.aws/amazonlinux/amazonlinux:2023-minimal
COPY --from=build /out/orders /usr/local/bin/orders
USER 1000
CMD ["/usr/local/bin/orders"]
