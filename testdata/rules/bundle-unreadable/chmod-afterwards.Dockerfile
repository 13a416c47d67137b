# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/rds-ca.pem
RUN chmod 644 /opt/rds-ca.pem
USER 1000
