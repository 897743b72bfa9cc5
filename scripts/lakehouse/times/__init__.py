"""The rules for texts of times, derived a second time: nothing here is shared with the macros."""
