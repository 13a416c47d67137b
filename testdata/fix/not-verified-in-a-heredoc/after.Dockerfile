FROM amazonlinux:2023
RUN <<-EOT bash -e
	cd /etc/ssl/certs
	curl -fo rds-ca.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
EOT
