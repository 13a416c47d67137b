# expect: nothing
FROM amazonlinux:2
RUN yum install -y wget && yum clean all
WORKDIR /opt/certs
RUN wget -q https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
