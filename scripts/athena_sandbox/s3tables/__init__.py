"""S3 Tables as the storage part serves them: ministack's API, and an Iceberg REST catalog of our own.

ministack answers the S3 Tables API: buckets, namespaces, tables, maintenance, policies, tags. It runs inside
`app.StorageApp`, which adds what tables need to hold data that must not be lost or mixed up:

- `rest`: the Iceberg REST catalog at `/iceberg`, as AWS has it at `https://s3tables.<region>.amazonaws.com/
  iceberg`. ministack's own (1.5.33) keeps the nulls that Trino sends, drops updates that it doesn't know
  (expired snapshots stay), has no DROP TABLE and gives a re-created table the old one's metadata.
- `control`: the calls of the S3 Tables API that touch a table's data: a created table has its metadata file
  from the start, a deleted one loses its objects, a metadata location is compared and swapped.
- `state`: the API's state is on disk before a call is answered; ministack saves it at a graceful stop only.

A request goes `app` (HTTP) -> `rest` or `control` (the wire) -> `tables` (rules) -> `ministack` (its API, in
process). `metadata` is the only module that knows Iceberg's table metadata.
"""
