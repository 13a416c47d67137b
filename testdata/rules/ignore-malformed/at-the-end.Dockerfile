# expect: bundle-never-fetched 3
# expect: ignore-malformed 4
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
# rdsca: ignore[bundle-never-fetched] -- reads from S3 only
