# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --link https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
RUN mv /etc/ssl/certs/rds-ca.pem /etc/rds-ca.pem && rm -r /etc/ssl/certs && ln -s /etc/pki/ca-trust/extracted/pem/directory-hash /etc/ssl/certs
