FROM public.ecr.aws/lambda/nodejs:20
ADD --chmod=644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/certs/rds-combined-ca-bundle.pem
CMD ["index.handler"]
