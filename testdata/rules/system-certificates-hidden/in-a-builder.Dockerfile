# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build
ADD --link https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=build /etc/ssl/certs/rds-ca.pem /etc/ssl/certs/rds-ca.pem
