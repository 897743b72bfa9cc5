{#- Fails on each case of a timestamp corpus that the engine reads differently from the corpus. For seeds with
    the columns of timestamp_corpus. -#}
{% test agrees_with_timestamp_macros(model) %}
{{ timestamp_corpus_mismatches(model) }}
{% endtest %}
