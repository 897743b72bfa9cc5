{#
    The Glue database of a node.

    A layer's database is `<prefix>_<layer>`, in prod plain `<layer>`: `local_marts`, `dev_ada_marts`, `marts`.
    A legacy database (a compatibility view's, or that of the table which replaces a legacy one) keeps its
    name where the legacy tables themselves live, which is everywhere but in the targets that share an
    account with others (dev, ci): there it gets the prefix too, so that nobody replaces anybody's view.

    custom_schema_name: the node's `schema` config, e.g. 'marts'; none gives the target's own schema.
    node: the node, as dbt passes it.

    generate_schema_name('marts', node) on target local: local_marts
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set legacy_databases = ["acme_telemetry", "acme_streaming_data"] -%}
    {%- set name = (custom_schema_name or "") | trim -%}
    {%- set shares_an_account = target.name not in ("local", "prod") -%}
    {%- if not name -%}
        {{ target.schema }}
    {%- elif target.name == "prod" or (name in legacy_databases and not shares_an_account) -%}
        {{ name }}
    {%- else -%}
        {{ target.schema }}_{{ name }}
    {%- endif -%}
{%- endmacro %}
