# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --link --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/certificates/rds-ca.pem
