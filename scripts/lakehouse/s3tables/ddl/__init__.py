"""SQL DDL for S3 Tables: one CREATE TABLE statement to a TableDefinition, and back.

    lexer      text to tokens that know their line and column
    cursor     a position among the tokens, and errors that point at one
    words      the words of types that need no parameters
    types      a type's text to an Iceberg type
    columns    the list in parentheses
    terms      partition transforms and sort terms
    statement  the whole statement
    render     a TableDefinition to text that reads back as the same

A parser of our own, since sqlglot takes for granted what must not be lost here: it drops zones or adds them
depending on the dialect, reads `fixed(16)` as a decimal, accepts `id int,, b int` and the same column twice.
"""
