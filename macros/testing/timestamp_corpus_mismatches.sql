{#- A query with one row per case of the timestamp corpus that the engine reads differently from the corpus, and
    no row when they agree.

    Zone and order are arguments of the macros, known when the query is compiled, so each case picks the
    expression of its own settings. A case whose settings are not among them reads as NULL: a mismatch.
    One CASE and not a UNION with a branch per setting: the engine would read the corpus once a branch.

    relation  the corpus: a relation, or a subquery in parentheses, with the seed's columns -#}
{%- macro timestamp_corpus_mismatches(relation) -%}
with corpus as (
    select
        case_id,
        from_utf8(from_hex(substr(nullif(input_hex, ''), 3))) as input,
        zone,
        coalesce(formats, '') as formats,
        expected_status,
        nullif(expected_class, '') as expected_class,
        nullif(expected_reason, '') as expected_reason,
        nullif(expected_timestamp, '') as expected_timestamp,
        nullif(expected_date, '') as expected_date
    from {{ relation }}
),

parsed as (
    select
        *,
        {% call(setting) _for_each_corpus_setting() -%}
            {{ parse_timestamp('input', setting.zone, setting.formats) }}
        {%- endcall %} as parsed_timestamp,
        {% call(setting) _for_each_corpus_setting() -%}
            {{ parse_date('input', setting.zone, setting.formats) }}
        {%- endcall %} as parsed_date
    from corpus
),

readings as (
    select
        *,
        {% call(setting) _for_each_corpus_setting() -%}
            {{ timestamp_status('input', setting.zone, setting.formats, parsed='parsed_timestamp') }}
        {%- endcall %} as actual_status,
        {% call(setting) _for_each_corpus_setting() -%}
            {{ timestamp_format_class('input', setting.zone, setting.formats, parsed='parsed_timestamp') }}
        {%- endcall %} as actual_class,
        {% call(setting) _for_each_corpus_setting() -%}
            {{ timestamp_reject_reason('input', setting.zone, setting.formats, parsed='parsed_timestamp') }}
        {%- endcall %} as actual_reason
    from parsed
)

select
    case_id,
    input,
    zone,
    formats,
    expected_status,
    actual_status,
    expected_class,
    actual_class,
    expected_reason,
    actual_reason,
    expected_timestamp,
    cast(parsed_timestamp as varchar) as actual_timestamp,
    expected_date,
    cast(parsed_date as varchar) as actual_date
from readings
where
    actual_status is distinct from expected_status
    or actual_class is distinct from expected_class
    or actual_reason is distinct from expected_reason
    or cast(parsed_timestamp as varchar) is distinct from expected_timestamp
    or cast(parsed_date as varchar) is distinct from expected_date
order by case_id
{%- endmacro -%}

{#- One branch per setting of the corpus; the caller writes the expression of the setting it is given. A macro
    is called by its name and not passed as a value, because dbt finds what a generic test needs by reading names. -#}
{%- macro _for_each_corpus_setting() -%}
    {%- set settings = [
        {"zone": "America/New_York", "formats": []},
        {"zone": "America/Sao_Paulo", "formats": []},
        {"zone": "Asia/Kolkata", "formats": []},
        {"zone": "Europe/Berlin", "formats": []},
        {"zone": "Europe/Berlin", "formats": ["dmy"]},
        {"zone": "UTC", "formats": []},
        {"zone": "UTC", "formats": ["dmy"]},
        {"zone": "UTC", "formats": ["mdy"]},
    ] -%}
    case zone || ' ' || formats
        {%- for setting in settings %}
        when '{{ setting.zone }} {{ setting.formats | join }}' then {{ caller(setting) }}
        {%- endfor %}
    end
{%- endmacro -%}
