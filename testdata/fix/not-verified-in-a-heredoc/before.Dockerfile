FROM amazonlinux:2023
RUN <<-EOT bash -e
	cd /etc/ssl/certs
	curl -k -fo rds-ca.pem http://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
EOT
