# expect: error bundle-invalid 5
# expect: error bundle-foreign-authority 5
# context: rds-ca.pem < certificates/foreign-ca.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
