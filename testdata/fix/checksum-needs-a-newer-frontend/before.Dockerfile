# syntax=docker/dockerfile:1.2
# Billing.
FROM amazoncorretto:21
COPY app.jar /app.jar
