"""Moving tables from text times to typed ones: every step of it, from the first look to the clean-up.

`config` says what is migrated, `ledger` what has been done, `lock` who is at it. A step is one module with a
function that plans and one that applies; `context` hands each of them what it needs. All of it speaks AWS
APIs only: Athena for SQL, Glue for definitions, S3 for the ledger and the files.
"""
