# expect: note bundle-in-managed-directory 5
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS base
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
FROM base
RUN yum update -y
