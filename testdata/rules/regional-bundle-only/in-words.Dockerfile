# expect: warning regional-bundle-only 5
# says: that of eu-west-1, AWS GovCloud (US), the regions in China: databases elsewhere
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN mkdir /opt/certificates
RUN cd /opt/certificates && curl -fsSLO https://truststore.pki.rds.amazonaws.com/eu-west-1/eu-west-1-bundle.pem && curl -fsSLo gov.pem https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem && curl -fsSLo cn.pem https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem
