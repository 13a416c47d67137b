FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
RUN curl -fsSLo /rds-ca.pem https://artifacts.example.com/rds/global-bundle.pem && echo "fe45bbebf92ad3e27a583bbb2ddd1553c521ed4d49af5514dc0a40372ea5395c  /rds-ca.pem" | sha256sum -c - \
 && chmod 0644 /rds-ca.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=certificates /rds-ca.pem /etc/ssl/certs/rds-ca.pem
RUN curl -fsSLo /opt/global-bundle.pem https://artifacts.example.com/rds/global-bundle.pem && echo "fe45bbebf92ad3e27a583bbb2ddd1553c521ed4d49af5514dc0a40372ea5395c  /opt/global-bundle.pem" | sha256sum -c -
