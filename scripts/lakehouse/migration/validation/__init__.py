"""Old against new: counts, checksums, rejects, rows, a sample in Python, the old queries on both."""
