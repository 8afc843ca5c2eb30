"""Microservices of this site: kept running in containers, and answered on the Local API."""
