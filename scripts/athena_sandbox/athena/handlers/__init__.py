"""What each statement form does. One module per family; registry.py knows which form is whose."""
