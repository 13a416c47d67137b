FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN cd /opt && curl -fsSL -o eu-west-1-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && mv eu-west-1-bundle.pem /etc/ssl/certs/rds-ca.pem
