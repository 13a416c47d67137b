# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN mkdir -p /srv/one && ln -s /srv/one /opt/certificates
ADD --link https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /opt/certificates/rds-ca.pem
