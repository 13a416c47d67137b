# expect: bundle-removed 5
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN cd /tmp \
 && curl -fsSLO https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem \
 && rm -f *.pem
