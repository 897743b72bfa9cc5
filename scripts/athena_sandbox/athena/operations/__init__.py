"""The API's operations: validated members in, members out. One module per group of operations."""
