# expect: ignore-unused 2
# rdsca: ignore[bundle-never-fetched, fetch-not-verified] -- reads from S3 only
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
