# expect: fetch-not-pinned 3
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
RUN curl -so /tmp/rds-ca-2019-root.pem https://example.com/rds-ca-2019-root.pem \
 && keytool -importcert -noprompt -cacerts -storepass changeit -alias rds -file /tmp/rds-ca-2019-root.pem \
 && rm /tmp/rds-ca-2019-root.pem
