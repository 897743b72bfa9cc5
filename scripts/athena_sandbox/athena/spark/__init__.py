"""Athena for Apache Spark: sessions, the calculations in them, and the worker process behind each session."""
