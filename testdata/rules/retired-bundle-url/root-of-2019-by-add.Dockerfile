# expect: retired-bundle-url 3
FROM public.ecr.aws/lambda/python:3.12
ADD --chmod=644 https://s3.amazonaws.com/rds-downloads/rds-ca-2019-root.pem /etc/ssl/certs/rds-ca.pem
CMD ["app.handler"]
