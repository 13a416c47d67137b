FROM amazonlinux:2023 AS service
COPY app /app

FROM service AS debug
RUN dnf install -y gdb
