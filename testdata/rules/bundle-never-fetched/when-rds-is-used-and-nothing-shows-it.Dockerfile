# expect: note bundle-never-fetched 4
# says: but nothing shows that it uses RDS
# with: require-bundle when-rds-is-used
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY app /app
