{#
    A merge into more partitions than one statement may write (100), as several. dbt-athena cuts it by
    partition, which for an event is the day it happened on; what the next run reads depends on the newest
    day of arrival in the table (load_watermarks). A run killed between two such merges would have moved that
    day past rows that aren't in yet, and no later run would fetch them. So the load days go in oldest first, as
    many at once as one statement takes: once a load day is in, every earlier one is, whole.

    Arguments as those of dbt-athena's macro of this name, which serves the models without a _load_date.
#}
{% macro batch_iceberg_merge(tmp_relation, target_relation, merge_part, dest_cols_csv) %}
    {%- set names = adapter.get_columns_in_relation(tmp_relation) | map(attribute="name") | list -%}
    {%- if "_load_date" not in names -%}
        {{ return(dbt.batch_iceberg_merge(tmp_relation, target_relation, merge_part, dest_cols_csv)) }}
    {%- endif -%}
    {%- for batch in merge_batches_by_load_day(tmp_relation) -%}
        {%- do run_query(
            "merge into " ~ target_relation ~ " as target using (select " ~ dest_cols_csv ~ " from " ~ tmp_relation
            ~ " where " ~ batch ~ ") as src " ~ merge_part
        ) -%}
    {%- endfor -%}
{%- endmacro -%}


{#
    Conditions that cut a relation into batches of at most 100 partitions (or the model's partitions_limit),
    in the order of _load_date: consecutive load days together as long as they fit, a load day that doesn't fit
    into one statement in parts. Rows without a load day come first: they are read again in every run.
#}
{% macro merge_batches_by_load_day(relation) %}
    {%- set limit = [1, config.get("partitions_limit", 100) | int] | max -%}
    {%- set partition -%}
        json_format(cast(row({{ adapter.format_partition_keys(config.get("partitioned_by")) }}) as json))
    {%- endset -%}
    {%- set pairs -%}
        select distinct cast(_load_date as varchar) as load_day, {{ partition }} as partition_value
        from {{ relation }}
        order by 1 nulls first, 2
    {%- endset -%}

    {%- set by_day = {} -%}
    {%- for row in run_query(pairs).rows -%}
        {%- do by_day.setdefault(row[0], []).append(row[1]) -%}
    {%- endfor -%}

    {%- set batches = [] -%}
    {%- set open = namespace(first=none, last=none, partitions=[]) -%}
    {%- for load_day, partitions in by_day.items() -%}
        {%- set together = (open.partitions + partitions) | unique | list -%}
        {%- if open.first and together | length > limit -%}
            {%- do batches.append("_load_date between date '" ~ open.first ~ "' and date '" ~ open.last ~ "'") -%}
            {%- set open.first = none -%}
            {%- set open.partitions = [] -%}
            {%- set together = partitions -%}
        {%- endif -%}
        {%- if load_day and together | length <= limit -%}
            {%- set open.first = open.first or load_day -%}
            {%- set open.last = load_day -%}
            {%- set open.partitions = together -%}
        {%- else -%}
            {%- set on_the_day = "_load_date = date '" ~ load_day ~ "'" if load_day else "_load_date is null" -%}
            {%- for part in partitions | batch(limit) -%}
                {%- do batches.append(
                    on_the_day ~ " and " ~ partition ~ " between '" ~ part[0] ~ "' and '" ~ part[-1] ~ "'"
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if open.first -%}
        {%- do batches.append("_load_date between date '" ~ open.first ~ "' and date '" ~ open.last ~ "'") -%}
    {%- endif -%}
    {{ return(batches) }}
{% endmacro %}
