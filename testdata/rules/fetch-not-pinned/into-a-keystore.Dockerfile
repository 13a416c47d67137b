# expect: note fetch-not-pinned 3
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
ADD https://artifacts.example.com/rds/rds-ca-rsa2048-g1.pem /tmp/rds-ca.pem
RUN keytool -importcert -noprompt -cacerts -storepass changeit -alias rds -file /tmp/rds-ca.pem && rm /tmp/rds-ca.pem
