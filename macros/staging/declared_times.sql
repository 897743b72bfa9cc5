{#
    What a source's YAML declares of its time columns: the zone of a text that names none, and the order of
    day and month where the source writes them in numbers. Undeclared, a text without a zone is UTC and
    01/02/2025 is rejected as ambiguous.

        columns:
          - name: created_at
            config:
              meta: {zone: Europe/Berlin, formats: [dmy]}

    Returns {column: {zone, formats}} to pass on, as in parse_timestamp("created_at", **times.created_at).

    In a unit test dbt hands out no graph, so nothing is declared there.

    source_name, table_name: the source, as in source(); columns: the names of its time columns.
#}
{% macro declared_times(source_name, table_name, columns) %}
    {%- set times = {} -%}
    {%- for column in columns -%}
        {%- do times.update({column: {"zone": "UTC", "formats": []}}) -%}
    {%- endfor -%}
    {%- if execute -%}
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
    {{ return(times) }}
{% endmacro %}
