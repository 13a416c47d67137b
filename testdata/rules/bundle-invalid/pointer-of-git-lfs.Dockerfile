# expect: error bundle-invalid 5
# context: rds-ca.pem | version https://git-lfs.github.com/spec/v1
# context: rds-ca.pem | oid sha256:e5bb2084ccf45087bda1c9bffdea0eb15ee67f0b91646106e466714f9de3c7e3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
