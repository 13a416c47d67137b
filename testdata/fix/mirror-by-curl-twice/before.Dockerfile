FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
RUN curl -fsSLo /rds-ca.pem https://artifacts.example.com/rds/global-bundle.pem \
 && chmod 0644 /rds-ca.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY --from=certificates /rds-ca.pem /etc/ssl/certs/rds-ca.pem
RUN curl -fsSLo /opt/global-bundle.pem https://artifacts.example.com/rds/global-bundle.pem
