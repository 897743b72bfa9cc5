"""The behaviour of each statement form. One module per family; registry.py maps forms to handlers."""
