# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN (cd /etc/ssl/certs && curl -fsSLo rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem)
