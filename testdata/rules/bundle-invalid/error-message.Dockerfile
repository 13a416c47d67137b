# expect: error bundle-invalid 4
# context: rds-ca.pem | <?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
