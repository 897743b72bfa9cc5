"""Athena's SQL as this service understands it; see parser.py for the entry point."""
