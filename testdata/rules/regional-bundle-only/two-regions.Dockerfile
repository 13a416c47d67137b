# expect: warning regional-bundle-only 3
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem && curl -fsSL https://truststore.pki.rds.amazonaws.com/eu-central-1/eu-central-1-bundle.pem >> /etc/ssl/certs/rds-ca.pem
