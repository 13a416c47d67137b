# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -sLo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem && grep -q 'BEGIN CERTIFICATE' /etc/ssl/certs/rds-ca.pem
