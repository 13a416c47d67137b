# expect: warning system-certificates-hidden 4
# BuildKit takes this for a plain ADD: the link stays, and the bundle lies where it leads.
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
ADD --link --chmod=0644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/certs/rds-ca.pem
