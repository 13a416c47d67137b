# expect: nothing
# rdsca: ignore[bundle-never-fetched] until=2026-11-24 -- moves to RDS in winter
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
