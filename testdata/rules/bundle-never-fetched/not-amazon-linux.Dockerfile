# expect: nothing
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
CMD ["psql"]
