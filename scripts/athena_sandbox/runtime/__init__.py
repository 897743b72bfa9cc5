"""The pinned programs that no Python package contains: their files, downloading, unpacking."""
