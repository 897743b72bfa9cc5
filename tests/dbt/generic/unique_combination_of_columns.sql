{#
    Fails on each combination of the columns that more than one row has: the grain of a model whose key
    takes several columns.

    columns: the names of the columns, a list.
#}
{% test unique_combination_of_columns(model, columns) %}

select
    {{ columns | join(", ") }},
    count(*) as rows_of_the_key
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1

{% endtest %}
