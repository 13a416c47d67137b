# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSL -H 'X-Comment: not -k, never --insecure' -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
