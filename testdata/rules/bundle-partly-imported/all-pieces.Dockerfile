# expect: nothing
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
ADD https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /tmp/global-bundle.pem
RUN csplit -z -f /tmp/rds- -b '%03d.pem' /tmp/global-bundle.pem '/-----BEGIN CERTIFICATE-----/' '{*}'; \
    for piece in /tmp/rds-*.pem; do keytool -importcert -noprompt -cacerts -storepass changeit -alias "$piece" -file "$piece"; done
