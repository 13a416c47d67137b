# expect: note fetch-not-pinned 4
# says: comes from artifacts.example.com and not from AWS
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://user:secret@artifacts.example.com/rds/global-bundle.pem /etc/ssl/certs/rds-ca.pem
