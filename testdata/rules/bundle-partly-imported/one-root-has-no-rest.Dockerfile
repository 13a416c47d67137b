# expect: nothing
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
COPY certificates/rds-ca-rsa2048-g1.pem /tmp/rds.pem
RUN keytool -importcert -noprompt -cacerts -storepass changeit -alias rds -file /tmp/rds.pem
