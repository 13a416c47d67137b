# expect: error regional-bundle-only 4
# with: rds-regions eu-west-1,us-east-1
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem /etc/ssl/certs/rds-ca.pem
