# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD https://artifacts.example.com/agent.tgz /opt/
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
