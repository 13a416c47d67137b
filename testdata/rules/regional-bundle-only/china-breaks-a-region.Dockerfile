# expect: error regional-bundle-only 4
# with: rds-regions cn-north-1,eu-west-1
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --chmod=0644 https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
