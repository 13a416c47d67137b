# expect: nothing
FROM public.ecr.aws/lambda/nodejs:20
ADD --chmod=644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
COPY index.mjs ${LAMBDA_TASK_ROOT}/
CMD ["index.handler"]
