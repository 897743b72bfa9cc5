{#
    The rows that a unit test gives for an input, as SQL; what a row doesn't name is NULL. dbt's own macro
    takes the columns that Glue lists. A row of a source also has "$path", the file that it lies in, which
    Glue doesn't list: a given row of a source may name it like any other column.

    Arguments as those of dbt's macro of this name.
#}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
    {%- if model.source_name is not defined -%}
        {{ return(dbt.get_fixture_sql(rows, column_name_to_data_types)) }}
    {%- endif -%}
    {%- for path, rows_of_file in rows | groupby("$path", default="") or [("", [])] %}
        {%- for row in rows_of_file -%}
            {%- do row.pop("$path", none) -%}
        {%- endfor %}
select *, {{ "'" ~ path ~ "'" if path else "cast(null as varchar)" }} as "$path"
from (
{{ dbt.get_fixture_sql(rows_of_file, column_name_to_data_types) }}
)
{{ "union all" if not loop.last }}
    {%- endfor %}
{% endmacro %}
