# expect: bundle-partly-imported 4
FROM public.ecr.aws/amazoncorretto/amazoncorretto:21-al2023
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
RUN keytool -import -noprompt -keystore /opt/trust.jks -storepass changeit -alias rds -file /etc/ssl/certs/rds-ca.pem
