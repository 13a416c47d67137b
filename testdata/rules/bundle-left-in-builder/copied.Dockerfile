# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build
RUN curl -fsSL -o /tmp/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem

FROM public.ecr.aws/amazonlinux/amazonlinux:2023-minimal
COPY --from=build --chmod=644 /tmp/rds-ca.pem /etc/ssl/certs/rds-ca.pem
USER 1000
