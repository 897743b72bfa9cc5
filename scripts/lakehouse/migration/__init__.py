"""Migrates tables from times stored as text to typed ones, from the first analysis to the clean-up.

`config` says what is migrated, `ledger` what has been done, `lock` who is at it; `context` hands each step
what it needs. The steps lie in folders by what they do: `analysis` looks, `copying` fills the new tables,
`validation` compares, `switching` changes definitions, `watching` reports, `rewriting` turns old SQL into
new. What changes something has a function that plans and one that applies. All of it speaks AWS APIs only:
Athena for SQL, Glue for definitions, S3 for the ledger and the files.
"""
