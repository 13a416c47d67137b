FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem /etc/ssl/certs/rds-ca.pem
