FROM amazonlinux:2023
COPY company.crt /etc/pki/ca-trust/source/anchors/
RUN update-ca-trust
COPY app /app
USER 1000
