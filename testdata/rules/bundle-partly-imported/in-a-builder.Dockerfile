# expect: bundle-left-in-builder
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023 AS build
ADD https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /tmp/global-bundle.pem
RUN keytool -importcert -noprompt -cacerts -storepass changeit -alias rds -file /tmp/global-bundle.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
