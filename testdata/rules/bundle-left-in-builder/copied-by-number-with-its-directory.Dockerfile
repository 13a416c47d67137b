# expect: nothing
FROM alpine:3.20
WORKDIR /certs
RUN wget -q https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem

FROM public.ecr.aws/lambda/java:21
COPY --from=0 /certs /opt/certs
CMD ["com.example.Handler::handle"]
