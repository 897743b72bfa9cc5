"""S3 Tables: create tables from DDL, manage their maintenance settings, list snapshots, grant access.

All modules except the CLI take their boto3 clients as arguments:

    names        naming rules for buckets, namespaces, tables and columns; ARNs
    ddl          SQL DDL to a TableDefinition and back
    json_schema  the JSON form of a schema to a TableDefinition
    definition   TableDefinition, and its CreateTable request
    iceberg      the metadata of existing tables, through Iceberg REST
    creating     creating a table, or comparing it with the existing one
    maintenance  settings, ranges, plans, job status; policy: the YAML file and dbt's meta
    snapshots    snapshots and when they expire
    grants       resource policies
    listing      buckets, namespaces, tables
"""
