{#
    The time columns of a source, and how their texts are to be read: the type from staged_sources(), the rest
    from the source's YAML, which declares the zone of a text that names none, and the order of day and month
    where the source writes them in numbers. Undeclared, a text without a zone is UTC and 01/02/2025 is
    rejected as ambiguous.

        columns:
          - name: created_at
            config:
              meta: {zone: Europe/Berlin, formats: [dmy]}

    Returns {column: {type, zone, formats}}, for parsed_times and time_statuses.

    dbt gives a unit test the graph while it loads the test, but not while it runs it. So what was declared
    is kept in the test's own config in between, and the unit test runs the SQL that the model runs.

    source_table: as in staged_sources().
#}
{% macro declared_times(source_table) %}
    {%- set in_unit_test = model is defined and model.resource_type == "unit_test" -%}
    {%- if in_unit_test and execute -%}
        {%- set kept = model.config.meta.get("declared_times", {}) -%}
        {%- if source_table not in kept -%}
            {{ exceptions.raise_compiler_error(
                "declared_times: dbt did not pass the declarations of " ~ source_table
                ~ " to this unit test: state them with overrides: macros: declared_times"
            ) }}
        {%- endif -%}
        {{ return(kept[source_table]) }}
    {%- endif -%}
    {%- set described = {} -%}
    {%- if execute or in_unit_test -%}
        {%- set described = graph.sources["source." ~ project_name ~ "." ~ source_table].columns -%}
    {%- endif -%}
    {%- set times = {} -%}
    {%- for column, type in staged_source(source_table).columns.items() -%}
        {%- set meta = (described[column].config.meta or described[column].meta) if column in described else {} -%}
        {%- do times.update({column: {
            "type": type,
            "zone": meta.get("zone", "UTC"),
            "formats": meta.get("formats", []),
        }}) -%}
    {%- endfor -%}
    {%- if in_unit_test -%}
        {%- do config.model.config.meta.setdefault("declared_times", {}).update({source_table: times}) -%}
    {%- endif -%}
    {{ return(times) }}
{% endmacro %}
