"""The commands `lakehouse migrate ...`: they parse arguments and print. One module per step or two."""
