# expect: ignore-malformed 3
# expect: bundle-never-fetched 4
# rdsca: ignore[bundle-never-fetched] until=spring -- reads from S3 only
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
