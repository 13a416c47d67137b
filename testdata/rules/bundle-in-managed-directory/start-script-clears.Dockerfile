# expect: note bundle-in-managed-directory 8
# context: start.sh | #!/bin/sh
# context: start.sh | update-ca-trust extract
# context: start.sh | exec /app
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
COPY --chmod=0755 start.sh /usr/local/bin/start.sh
ENTRYPOINT ["/usr/local/bin/start.sh"]
