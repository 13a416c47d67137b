# expect: base-not-resolved 3
# A company's own image of that name is Amazon Linux, and may bring the bundle.
FROM registry.example.com:5000/team/amazonlinux:2
RUN yum install -y nginx
