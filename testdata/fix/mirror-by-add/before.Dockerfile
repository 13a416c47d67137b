FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://artifacts.example.com/rds/global-bundle.pem /etc/ssl/certs/rds-ca.pem
