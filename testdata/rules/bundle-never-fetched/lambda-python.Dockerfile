# expect: bundle-never-fetched 2
FROM public.ecr.aws/lambda/python:3.12
COPY requirements.txt ${LAMBDA_TASK_ROOT}/
RUN pip install --no-cache-dir -r requirements.txt
COPY handler.py ${LAMBDA_TASK_ROOT}/
CMD ["handler.main"]
