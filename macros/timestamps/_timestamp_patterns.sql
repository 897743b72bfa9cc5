{#- The text shapes of the timestamp family, as Trino regular expressions. Every pattern that decides what is
    parsed stands here once: parsing, the reject reason and the format class read the same text, so they
    cannot disagree about what a known format is.

    All of them are anchored with \A and \z ($ also matches before a final newline) and use [0-9] (\d may mean
    any script's digits). Neither look-around nor back-references: the text then means the same to both of
    Trino's regular expression engines. The shapes expect text made by _timestamp_text, that is trimmed and
    upper-cased; the fast ones take the raw column. -#}

{#- The characters trimmed from both ends: space, tab, LF, CR, no-break space, byte order mark. -#}
{%- macro _timestamp_blanks() -%}
    ' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(65279)
{%- endmacro -%}

{#- The same set inside a regular expression. -#}
{%- macro _timestamp_blanks_pattern() -%}
    [ \t\n\r\x{A0}\x{FEFF}]*
{%- endmacro -%}

{#- Trimmed, upper-cased text: the form the shapes below are written for. Upper-casing makes no ASCII letter
    of the shapes out of another script's letter (only dotless i and long s become ASCII: I and S). -#}
{%- macro _timestamp_text(column) -%}
    upper({{ _trimmed(column) }})
{%- endmacro -%}

{%- macro _trimmed(column) -%}
    trim({{ column }}, {{ _timestamp_blanks() }})
{%- endmacro -%}

{#- Z, UTC, GMT or an offset, with one blank before it or none. One group: the zone's text. -#}
{%- macro _timestamp_zone_pattern() -%}
    (?: ?(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?
{%- endmacro -%}

{#- T or a blank and the time of day. Three groups: hours and minutes; seconds with their colon; the fraction
    with its separator, cut after six digits because CAST would round. -#}
{%- macro _timestamp_time_pattern() -%}
    [T ]([0-9]{1,2}:[0-9]{1,2})(?:(:[0-9]{1,2})(?:([.,][0-9]{1,6})[0-9]*)?)?
{%- endmacro -%}

{#- Year first, dashes or slashes, padded or not, with or without a time. Groups: year, month after a dash,
    month after a slash, day, three of the time, zone. -#}
{%- macro _timestamp_year_first_pattern() -%}
    \A([0-9]{4})(?:-([0-9]{1,2})-|/([0-9]{1,2})/)([0-9]{1,2})(?:{{ _timestamp_time_pattern() }}{{ _timestamp_zone_pattern() }})?\z
{%- endmacro -%}

{#- 20250813 and 20250813T060846. Groups: year, month, day, hours, minutes, seconds, fraction, zone. -#}
{%- macro _timestamp_compact_pattern() -%}
    \A([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(?:([.,][0-9]{1,6})[0-9]*)?{{ _timestamp_zone_pattern() }})?\z
{%- endmacro -%}

{#- Year last, one separator used twice, read only where the source declares the order. Groups: first
    number, second number (one group per separator), year, three of the time, zone. -#}
{%- macro _timestamp_year_last_pattern() -%}
    \A([0-9]{1,2})(?:/([0-9]{1,2})/|-([0-9]{1,2})-|[.]([0-9]{1,2})[.])([0-9]{4})(?:{{ _timestamp_time_pattern() }}{{ _timestamp_zone_pattern() }})?\z
{%- endmacro -%}

{#- Digits by count: seconds (with or without a fraction), milliseconds, microseconds, nanoseconds. -#}
{%- macro _timestamp_epoch_pattern(first='[0-9]') -%}
    {{ first }}(?:[0-9]{9}(?:[.,][0-9]+)?|[0-9]{12}|[0-9]{15}|[0-9]{18})
{%- endmacro -%}

{#- A named zone after a good date and time; the list is closed, so that a word glued to a timestamp is not
    taken for a zone. Java writes the name in brackets, after an offset. -#}
{%- macro _timestamp_zone_name_pattern() -%}
    \A(?:[0-9]{4}(?:-[0-9]{1,2}-|/[0-9]{1,2}/)[0-9]{1,2}[T ][0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:[.,][0-9]+)?)?|[0-9]{8}T[0-9]{6}(?:[.,][0-9]+)?)(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))? ?(?:{{ _timestamp_zone_names() }}|\[(?:{{ _timestamp_zone_names() }}|Z|UTC|GMT)\])\z
{%- endmacro -%}

{%- macro _timestamp_zone_names() -%}
    (?:AFRICA|AMERICA|ANTARCTICA|ARCTIC|ASIA|ATLANTIC|AUSTRALIA|BRAZIL|CANADA|CHILE|ETC|EUROPE|INDIAN|MEXICO|PACIFIC|US)/[A-Z0-9_+/-]+|ACDT|ACST|ADT|AEDT|AEST|AKDT|AKST|ART|AST|AWST|BRT|BST|CDT|CEST|CET|CST|EDT|EEST|EET|EST|HKT|HST|IST|JST|KST|MDT|MEST|MESZ|MET|MEZ|MSK|MST|NDT|NST|NZDT|NZST|PDT|PKT|PST|SAST|SGT|WEST|WET|WIB
{%- endmacro -%}

{#- Day, month and year in an order that cannot be known: year last, of two or four digits, with or without a
    time of day. Where the order is declared only the two-digit years stay ambiguous. -#}
{%- macro _timestamp_ambiguous_pattern(formats) -%}
    \A[0-9]{1,2}(?:/[0-9]{1,2}/|-[0-9]{1,2}-|[.][0-9]{1,2}[.]){{ '[0-9]{2}' if formats else '[0-9]{2}(?:[0-9]{2})?' }}(?:,?{{ _timestamp_time_pattern() }}(?: ?[AP]M)?{{ _timestamp_zone_pattern() }})?\z
{%- endmacro -%}
