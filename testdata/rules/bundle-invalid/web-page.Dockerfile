# expect: error bundle-invalid 4
# context: rds-ca.pem | <!DOCTYPE html><html><body>Sign in</body></html>
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --chmod=0644 rds-ca.pem /etc/ssl/certs/rds-ca.pem
