# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSL https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem -o /opt/-k.pem && mv /opt/-k.pem /etc/ssl/certs/rds-ca.pem
