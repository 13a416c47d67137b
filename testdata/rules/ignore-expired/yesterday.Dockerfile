# expect: ignore-expired 3
# expect: bundle-never-fetched 4
# rdsca: ignore[bundle-never-fetched] until=2026-11-23 -- moves to RDS in winter
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
