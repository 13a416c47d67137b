# expect: nothing
# context: rds-truststore.jks | not PEM, and not meant to be
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY rds-truststore.jks /opt/
