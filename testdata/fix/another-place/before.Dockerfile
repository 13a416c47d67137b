FROM amazonlinux:2023
USER 1000
