# expect: retired-bundle-url 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSL -o /etc/ssl/certs/rds-ca.pem https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem
