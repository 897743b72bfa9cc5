"""Where tables of a migration are used: each module looks in one place and yields what it found there.

`history` in Athena (queries that ran, named queries, prepared statements), `views` in the Data Catalog, `dbt`
in dbt's manifest, `code` in files. What a find needs is decided in one place for all:
`lakehouse.migration.analysis.impact`.
"""
