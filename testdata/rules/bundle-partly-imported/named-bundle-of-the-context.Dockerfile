# expect: bundle-partly-imported 4
FROM public.ecr.aws/amazoncorretto/amazoncorretto:17-al2023
COPY certificates/global-bundle.pem /tmp/global-bundle.pem
RUN keytool -importcert -noprompt -cacerts -storepass changeit -alias rds -file /tmp/global-bundle.pem
