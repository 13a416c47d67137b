# expect: bundle-left-in-builder 3
FROM alpine:3.20 AS certificates
RUN wget -q -O /rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem

FROM public.ecr.aws/lambda/python:3.12
COPY handler.py ${LAMBDA_TASK_ROOT}/
CMD ["handler.main"]
