# expect: nothing
# rdsca: ignore[bundle-never-fetched] -- reads from S3 only
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
