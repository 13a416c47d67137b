# expect: error bundle-never-fetched 3
# with: require-bundle when-rds-is-used
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ENV ADDRESS=orders.cluster-abc123.eu-west-1.rds.amazonaws.com
