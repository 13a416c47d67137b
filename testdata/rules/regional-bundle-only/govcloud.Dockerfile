# expect: warning regional-bundle-only 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
