# expect: bundle-removed 4
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/rds-ca.pem
RUN mv /opt/rds-ca.pem /tmp/old && rm /tmp/old
