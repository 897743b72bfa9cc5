"""Athena for programs and people: statements in, rows and what they cost out."""
