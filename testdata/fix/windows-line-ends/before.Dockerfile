# syntax=docker/dockerfile:1.4
FROM amazonlinux:2023
RUN dnf install -y \
    nginx
USER nginx
