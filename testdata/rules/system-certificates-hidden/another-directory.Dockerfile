# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --link https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/certificates/rds-ca.pem
