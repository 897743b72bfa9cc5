{#
    The comment ahead of every statement, as one line of JSON: which node of which build asked. Without a
    build id (LAKEHOUSE_BUILD_ID, which `lakehouse build` sets) it names the dbt invocation.

    node: the node that runs the statement, none outside of one.
#}
{% macro build_comment(node) %}
    {{ return(tojson({
        "app": "dbt",
        "target": target.name,
        "build_id": env_var("LAKEHOUSE_BUILD_ID", invocation_id),
        "node_id": node.unique_id if node else none,
    })) }}
{% endmacro %}
