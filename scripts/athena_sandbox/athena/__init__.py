"""The Athena API in front of Trino, usable on its own: `python -m athena_sandbox.athena`.

A request passes through these packages, in this order:

protocol/    the wire: JSON 1.1, request shapes, error bodies, dispatch resources/   work groups, data
catalogs, prepared statements, named queries executions/  the life of a query execution: states, queue,
history, idempotency statements/  Athena's SQL: lexer, parser, classification, rewrites catalog/     what DDL
does in Glue, and CREATE TABLE AS in Glue and Trino together engine/      Trino over HTTP results/     values
as Athena prints them, result files in S3, pages of results
"""
