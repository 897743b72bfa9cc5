{#
    The Glue database of a node.

    A layer's database is `<prefix>_<layer>`, in prod plain `<layer>`: `local_marts`, `dev_ada_marts`, `marts`.
    A legacy database (one of the variable `legacy_databases`) holds the compatibility views and the tables
    that replace legacy ones. It keeps its name where the legacy tables themselves live, which is everywhere
    but in the targets that share an account with others (dev, ci): there it gets the prefix too, so that
    no developer replaces another's view.

    custom_schema_name: the node's `schema` config, e.g. 'marts'; none gives the target's own schema.
    node: the node, as dbt passes it.

    generate_schema_name('marts', node) on target local: local_marts
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set name = (custom_schema_name or "") | trim -%}
    {%- set shares_an_account = target.name not in ("local", "prod") -%}
    {%- if not name -%}
        {{ target.schema }}
    {%- elif target.name == "prod" or (name in var('legacy_databases', []) and not shares_an_account) -%}
        {{ name }}
    {%- else -%}
        {{ target.schema }}_{{ name }}
    {%- endif -%}
{%- endmacro %}
