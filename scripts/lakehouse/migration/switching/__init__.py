"""Definitions in the Data Catalog: kept, swapped, given back, removed at the end.

Every change is a call of `calls`, planned before it is made.
"""
