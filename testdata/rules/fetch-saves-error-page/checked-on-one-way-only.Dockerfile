# expect: fetch-saves-error-page 4
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ARG CHECK
RUN curl -sLo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem; if [ -n "$CHECK" ]; then openssl x509 -noout -in /etc/ssl/certs/rds-ca.pem || exit 1; fi
