# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS test
RUN curl -fsSL -o /tmp/rds.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem && test -s /tmp/rds.pem

FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -fsSL -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
