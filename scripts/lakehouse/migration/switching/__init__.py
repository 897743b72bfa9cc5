"""Definitions in the Data Catalog: backed up, swapped, restored, and removed at the end.

Every change is a planned call (`catalog.planned_calls`).
"""
