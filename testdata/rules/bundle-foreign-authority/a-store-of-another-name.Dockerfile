# expect: nothing
# context: trust.pem < bundles/global-2025-08.pem
# context: trust.pem < certificates/foreign-ca.pem
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
COPY trust.pem /opt/trust.pem
