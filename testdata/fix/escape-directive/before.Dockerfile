# escape=`
FROM public.ecr.aws/lambda/python:3.12
RUN pip install `
    psycopg2
