"""The catalog: Glue as DDL uses it, and what Athena's clauses become in a Glue table."""
