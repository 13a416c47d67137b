# expect: nothing
# with: rds-regions us-gov-west-1,us-gov-east-1
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
