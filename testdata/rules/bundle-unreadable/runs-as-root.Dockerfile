# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
USER 1000
ADD https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
USER root
