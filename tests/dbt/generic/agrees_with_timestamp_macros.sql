{#- Fails on each case of a timestamp corpus that the engine reads otherwise than the corpus expects. For seeds
    with the columns of timestamp_corpus. -#}
{% test agrees_with_timestamp_macros(model) %}
{{ timestamp_corpus_mismatches(model) }}
{% endtest %}
