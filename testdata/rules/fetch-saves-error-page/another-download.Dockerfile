# expect: nothing
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -sLo /opt/agent.tgz https://example.com/agent.tgz || true
ADD --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
