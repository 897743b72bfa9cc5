"""The dbt project: running dbt in it, building it and saying what came of it, its manifest and its macros.

`build` runs `dbt build`, one at a time, and tidies up after a killed one; `summary` says what it came to. The
models themselves belong to dbt.
"""
