# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
RUN curl -fsSLo /rds-ca.pem https://artifacts.example.com/rds/global-bundle.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=certificates /rds-ca.pem /etc/ssl/certs/rds-ca.pem
RUN echo 'e5bb2084ccf45087bda1c9bffdea0eb15ee67f0b91646106e466714f9de3c7e3  /etc/ssl/certs/rds-ca.pem' | sha256sum -c -
