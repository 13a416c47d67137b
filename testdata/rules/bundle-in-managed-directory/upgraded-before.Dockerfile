# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN dnf -y upgrade
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
