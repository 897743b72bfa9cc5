{#
    What a source's YAML declares of its time columns: the zone of a text that names none, and the order of
    day and month where the source writes them in numbers. Undeclared, a text without a zone is UTC and
    01/02/2025 is rejected as ambiguous.

        columns:
          - name: created_at
            config:
              meta: {zone: Europe/Berlin, formats: [dmy]}

    Returns {column: {zone, formats}} to pass on, as in parse_timestamp("created_at", **times.created_at).

    dbt gives a unit test the graph while it loads the test, and none when it runs it. So what was declared
    is kept in the test's own config in between, and the unit test runs the SQL that the model runs.

    source_name, table_name: the source, as in source(); columns: the names of its time columns.
#}
{% macro declared_times(source_name, table_name, columns) %}
    {%- set source_table = source_name ~ "." ~ table_name -%}
    {%- set in_unit_test = model is defined and model.resource_type == "unit_test" -%}
    {%- if in_unit_test and execute -%}
        {%- set kept = model.config.meta.get("declared_times", {}) -%}
        {%- if source_table not in kept -%}
            {{ exceptions.raise_compiler_error(
                "declared_times: dbt did not hand the declarations of " ~ source_table
                ~ " to this unit test: name them with overrides: macros: declared_times"
            ) }}
        {%- endif -%}
        {{ return(kept[source_table]) }}
    {%- endif -%}
    {%- set times = {} -%}
    {%- for column in columns -%}
        {%- do times.update({column: {"zone": "UTC", "formats": []}}) -%}
    {%- endfor -%}
    {%- if execute or in_unit_test -%}
        {%- for node in graph.get("sources", {}).values() if node.source_name == source_name and node.name == table_name -%}
            {%- for column in columns if column in node.columns -%}
                {%- set meta = node.columns[column].config.meta or node.columns[column].meta -%}
                {%- do times.update({column: {
                    "zone": meta.get("zone", "UTC"),
                    "formats": meta.get("formats", []),
                }}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if in_unit_test -%}
        {%- do config.model.config.meta.setdefault("declared_times", {}).update({source_table: times}) -%}
    {%- endif -%}
    {{ return(times) }}
{% endmacro %}
