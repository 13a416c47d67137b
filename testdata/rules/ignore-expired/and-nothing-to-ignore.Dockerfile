# expect: ignore-expired 2
# rdsca: ignore[bundle-never-fetched] until=2025-12-31 -- moves to RDS in winter
FROM debian:12
