# expect: note bundle-never-fetched 5
# with: require-bundle when-rds-is-used
# context: api/requirements.txt | psycopg2-binary==2.9.9
# context: web/package.json | {"dependencies": {"pg-format": "1"}}
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY web /web
