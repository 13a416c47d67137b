# expect: nothing
# The insecure one is something else; what becomes of it is not this rule's matter.
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN curl -k -fsSL -o /opt/agent.tgz https://artifacts.internal.example/agent.tgz
RUN curl -fsSL -o /etc/ssl/certs/rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
