# expect: nothing
# rdsca: ignore[bundle-never-fetched] until=2027-03-31 -- reads from S3 only
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
