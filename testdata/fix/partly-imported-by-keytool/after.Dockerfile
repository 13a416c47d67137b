FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
RUN curl -fsSLo /tmp/global-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && csplit -sz -f /tmp/rds-ca- -b %03d.pem /tmp/global-bundle.pem '/-----BEGIN CERTIFICATE-----/' '{*}' \
 && for piece in /tmp/rds-ca-*.pem; do keytool -importcert -noprompt -cacerts -storepass changeit -alias "$(basename "$piece")" \
      -file "$piece" || exit 1; done \
 && rm /tmp/rds-ca-*.pem \
 && rm /tmp/global-bundle.pem
