FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
RUN curl -fsSLo /tmp/global-bundle.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && keytool -importcert -noprompt -cacerts -storepass changeit -alias rds \
      -file /tmp/global-bundle.pem \
 && rm /tmp/global-bundle.pem
