# expect: bundle-removed 5
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS certificates
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
FROM certificates
RUN cp /dev/null /etc/pki/ca-trust/source/anchors/x.pem && update-ca-trust extract
