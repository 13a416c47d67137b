FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY app /app
CMD ["/app"]
