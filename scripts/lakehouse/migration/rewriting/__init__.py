"""Old SQL to new: what a statement does with columns that were text, and the one that does it with types.

`statement` is the way in. `model` says which tables and columns change, `resolving` which expressions of a
statement carry them, `traced` what string functions make of their text, `literals` what text literals mean,
`conversions` and `comparisons` hold the rules. What no rule covers is reported, never guessed.
"""
