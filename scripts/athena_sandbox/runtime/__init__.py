"""The pinned programs that no Python package carries: what they are, fetching them, unpacking them."""
