"""Athena for programs and people: run statements, get their rows and what they cost."""
