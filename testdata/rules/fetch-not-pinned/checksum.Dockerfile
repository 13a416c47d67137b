# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 --checksum=sha256:e5bb2084ccf45087bda1c9bffdea0eb15ee67f0b91646106e466714f9de3c7e3 https://artifacts.example.com/rds/global-bundle.pem /etc/ssl/certs/rds-ca.pem
