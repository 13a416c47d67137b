# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN cd /opt && curl -fsSLO https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem && csplit -z -f rds- -b '%03d.pem' global-bundle.pem '/-----BEGIN CERTIFICATE-----/' '{*}' && rm global-bundle.pem
