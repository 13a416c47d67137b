# expect: error bundle-partly-imported 4
# context: rds.pem < bundles/global-2025-08.pem
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
RUN --mount=type=bind,target=/src keytool -importcert -noprompt -cacerts -storepass changeit -alias rds -file /src/rds.pem
