# expect: nothing
FROM golang:1.25 AS build
RUN go version
# rdsca: ignore[bundle-never-fetched] -- reads from S3 only
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
