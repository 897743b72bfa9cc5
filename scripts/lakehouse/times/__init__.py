"""The rules for times written as text, implemented a second time: nothing here is shared with the macros."""
