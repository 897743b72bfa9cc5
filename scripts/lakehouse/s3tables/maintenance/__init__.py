"""Maintenance settings of table buckets and tables.

settings    kinds of maintenance, their settings, defaults and ranges
service     reading and writing them, one at a time, never over somebody else's change
policy      the YAML file and dbt's meta, which have the wanted settings
plans       the present settings compared with the wanted ones
obstacles   what in a table keeps maintenance from running
jobs        the results of the last runs
reports     what the commands print
expiration  record expiration of the tables that AWS maintains
"""
