# expect: error bundle-never-fetched 4
# with: require-bundle when-rds-is-used
# context: api/requirements.txt | psycopg2-binary==2.9.9
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY api /api
