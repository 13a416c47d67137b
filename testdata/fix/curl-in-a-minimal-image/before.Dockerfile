FROM public.ecr.aws/amazonlinux/amazonlinux:2023-minimal
COPY app /app
USER 1000
