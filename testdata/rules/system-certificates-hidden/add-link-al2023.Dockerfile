# expect: system-certificates-hidden 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --link https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
