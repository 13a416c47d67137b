# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.p7b /opt/
