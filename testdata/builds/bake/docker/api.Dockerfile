FROM base
COPY --from=certs extra.pem /opt/
RUN rm /etc/ssl/certs/rds-ca.pem
