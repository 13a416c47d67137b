# expect: note fetch-not-pinned 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN aws s3 cp s3://certificates.example.com/rds-ca.pem /etc/ssl/certs/rds-ca.pem
