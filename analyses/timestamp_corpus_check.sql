-- Returns no row when this engine reads every case of the timestamp corpus as expected, and one row per case
-- that it reads otherwise. Needs no table: the cases stand in the statement. Run it on an Athena workgroup
-- before trusting its timestamps: dbt compile --select timestamp_corpus_check, then the compiled text.
{{ timestamp_corpus_mismatches('(' ~ timestamp_corpus_rows() ~ ')') }}
