FROM public.ecr.aws/lambda/nodejs:20
ADD --chmod=644 https://s3.amazonaws.com/rds-downloads/rds-combined-ca-bundle.pem /opt/certs/
CMD ["index.handler"]
