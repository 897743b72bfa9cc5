"""S3 Tables: create tables from DDL, keep their maintenance settings, look at snapshots, grant access.

The modules beside the CLI take their boto3 clients as arguments:

    names        what buckets, namespaces, tables and columns may be called; ARNs
    ddl          SQL DDL to a TableDefinition and back
    json_schema  the JSON form of a schema to a TableDefinition
    definition   TableDefinition, and the CreateTable request that it is
    iceberg      the metadata of tables that are there, over Iceberg REST
    creating     a table made, or compared with the one that is there
    maintenance  settings, ranges, plans, job status; policy: the YAML file and dbt's meta
    snapshots    snapshots and when they expire
    grants       resource policies
    listing      buckets, namespaces, tables
"""
