# expect: open bundle-never-fetched 4
# says: can't tell whether the RDS CA bundle gets into this image
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN ./setup.sh
