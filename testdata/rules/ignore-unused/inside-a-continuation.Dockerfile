# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN mkdir -p /opt/app && \
    # rdsca: ignore[fetch-not-verified] -- behind our proxy
    curl -fsk -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem && \
    chmod 0644 /etc/ssl/certs/rds-ca.pem
