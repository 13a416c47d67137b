# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chown=1000:1000 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/rds-ca.pem
USER 1000:1000
