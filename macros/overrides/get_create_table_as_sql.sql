{#
    The statement that makes a table of a query, as dbt's own; ahead of it, for a unit test, the scratch table
    of the same name goes. dbt makes that table under a fixed name and drops it when the test ends; a run that
    was killed leaves it behind, and every later run would fail with TABLE_ALREADY_EXISTS.
#}
{% macro athena__get_create_table_as_sql(temporary, relation, sql) %}
    {%- if model.resource_type == "unit_test" -%}
        {%- do drop_relation(relation) -%}
    {%- endif -%}
    {{ return(create_table_as(temporary, relation, sql)) }}
{% endmacro %}
