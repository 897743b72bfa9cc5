"""SQL DDL for S3 Tables: one CREATE TABLE statement to a TableDefinition, and back.

    lexer         text to tokens with line and column
    cursor        a position in the tokens, and errors that point at a token
    type_names    the names of types without parameters
    column_types  a type's text to an Iceberg type
    columns       the list of columns in parentheses
    partitioning  partition transforms and sort terms
    statement     the whole statement
    render        a TableDefinition to text that parses to the same definition

This is a parser of our own because sqlglot loses what matters here: depending on the dialect it drops or adds
time zones, it reads `fixed(16)` as a decimal, and it accepts `id int,, b int` and duplicate columns.
"""
