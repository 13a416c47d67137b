# expect: warning regional-bundle-only 4
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ARG AWS_REGION
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/${AWS_REGION}/${AWS_REGION}-bundle.pem /etc/ssl/certs/rds-ca.pem
