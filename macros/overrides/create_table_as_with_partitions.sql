{#
    A first build over more partitions than one statement may write (100): a copy without partitions, then one
    INSERT per batch of them. dbt-athena makes the table itself with the first batch, so a build that is
    killed between two batches leaves a table that looks complete, and the next run takes it for its history.
    Here the table grows under another name and is renamed when it is complete. A Hive table can't be renamed and
    is left to dbt-athena.

    Arguments and result as those of dbt-athena's macro of this name.
#}
{% macro create_table_as_with_partitions(temporary, relation, compiled_code, language="sql") -%}
    {%- if resolve_table_type() != "iceberg" -%}
        {{ return(dbt.create_table_as_with_partitions(temporary, relation, compiled_code, language)) }}
    {%- endif -%}
    {%- set unpartitioned = api.Relation.create(
        database=relation.database, schema=relation.schema, type="table",
        identifier=relation.identifier ~ "__unpartitioned",
        s3_path_table_part=relation.identifier ~ "__unpartitioned"
    ) -%}
    {%- set growing = api.Relation.create(
        database=relation.database, schema=relation.schema, type="table",
        identifier=relation.identifier ~ "__growing",
        s3_path_table_part=relation.s3_path_table_part or relation.identifier
    ) -%}
    {%- do drop_relation(unpartitioned) -%}
    {%- do drop_relation(growing) -%}

    {%- do run_query(create_table_as(temporary, unpartitioned, compiled_code, language, true)) -%}
    {%- set columns = adapter.get_columns_in_relation(unpartitioned) | map(attribute="quoted") | join(", ") -%}

    {%- for batch in get_partition_batches(sql=unpartitioned, as_subquery=False) -%}
        {%- set rows -%}
            select {{ columns }} from {{ unpartitioned }} where {{ batch }}
        {%- endset -%}
        {%- if loop.first -%}
            {%- do run_query(create_table_as(temporary, growing, rows, language)) -%}
        {%- else -%}
            {%- do run_query("insert into " ~ growing ~ " (" ~ columns ~ ") " ~ rows) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- do rename_relation(growing, relation) -%}
    {%- do drop_relation(unpartitioned) -%}
{%- endmacro %}
