# escape=`
FROM public.ecr.aws/lambda/python:3.12
RUN curl -fsSLo /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem `
 && echo "fe45bbebf92ad3e27a583bbb2ddd1553c521ed4d49af5514dc0a40372ea5395c  /etc/ssl/certs/rds-ca.pem" | sha256sum -c - `
 && chmod 0644 /etc/ssl/certs/rds-ca.pem
RUN pip install `
    psycopg2
