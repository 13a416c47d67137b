# expect: bundle-unreadable 3
FROM public.ecr.aws/lambda/python:3.12
ADD https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
COPY worker.py ${LAMBDA_TASK_ROOT}/
USER 1000
CMD ["worker.handler"]
