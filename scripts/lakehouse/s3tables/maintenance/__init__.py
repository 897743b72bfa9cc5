"""Maintenance settings of table buckets and tables.

settings    kinds of maintenance, their settings, defaults and ranges
service     reading and writing them, one at a time, never over somebody else's change
policy      the YAML file and dbt's meta that say how they should be
plans       what is there against what should be
obstacles   what of a table keeps maintenance from running
jobs        what the last runs came to
reports     what the commands print
expiration  record expiration of the tables that AWS itself keeps
"""
