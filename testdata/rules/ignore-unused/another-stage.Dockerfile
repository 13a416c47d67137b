# expect: ignore-unused 4
# expect: bundle-never-fetched 7
FROM golang:1.25 AS build
# rdsca: ignore[bundle-never-fetched] -- no database here
FROM debian:12 AS tools
RUN true
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
