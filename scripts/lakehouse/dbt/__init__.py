"""Building the dbt project and saying what came of it.

`run` starts dbt and keeps a marker of the build, `leftovers` deals with the queries of one that was killed,
`summary` reads what a build did. The models themselves belong to dbt.
"""
