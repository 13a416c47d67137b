# expect: nothing
# rdsca checks this file; see the documentation of rdsca: it knows why.
FROM debian:12
