"""What is kept in S3 of the work on tables: documents, the ledger, its lock, reports."""
