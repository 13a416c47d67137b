# expect: retired-bundle-url 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN aws s3 cp s3://rds-downloads/rds-combined-ca-bundle.pem /etc/ssl/certs/rds-ca.pem
