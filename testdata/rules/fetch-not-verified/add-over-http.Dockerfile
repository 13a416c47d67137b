# expect: fetch-not-verified 3
FROM public.ecr.aws/lambda/nodejs:20
ADD --chmod=644 http://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
CMD ["index.handler"]
