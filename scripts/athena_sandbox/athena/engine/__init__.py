"""Trino over HTTP: client.py speaks the protocol, types.py reads its type signatures."""
