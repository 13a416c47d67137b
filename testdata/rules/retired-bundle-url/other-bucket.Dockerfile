# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=644 https://s3.amazonaws.com/example-downloads/readme.txt /opt/readme.txt
RUN curl -fsSL -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
