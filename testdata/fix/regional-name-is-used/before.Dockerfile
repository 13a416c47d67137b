FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN cd /opt && curl -fsSLO https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem \
 && mv eu-west-1-bundle.pem /etc/ssl/certs/rds-ca.pem
