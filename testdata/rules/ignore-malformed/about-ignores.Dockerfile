# expect: ignore-malformed 2
# rdsca: ignore[ignore-unused] -- we like it so
FROM debian:12
