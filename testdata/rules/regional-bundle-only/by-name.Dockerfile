# expect: warning regional-bundle-only 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY certificates/us-gov-west-1-bundle.pem /etc/ssl/certs/rds-ca.pem
