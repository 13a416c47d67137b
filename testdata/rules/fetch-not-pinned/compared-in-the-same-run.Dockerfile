# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://artifacts.example.com/rds/global-bundle.pem && echo 'e5bb2084ccf45087bda1c9bffdea0eb15ee67f0b91646106e466714f9de3c7e3  /etc/ssl/certs/rds-ca.pem' | sha256sum -c -
