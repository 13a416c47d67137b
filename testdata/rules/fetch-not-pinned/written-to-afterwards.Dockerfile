# expect: note fetch-not-pinned 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://artifacts.example.com/rds/global-bundle.pem && echo >> /etc/ssl/certs/rds-ca.pem
