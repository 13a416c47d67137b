# expect: fetch-not-verified 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -kfsSLo /etc/ssl/certs/rds-ca.pem https://artifacts.example.com/rds/global-bundle.pem
