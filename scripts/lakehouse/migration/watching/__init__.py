"""Where a migration stands, and how old and new do: status, counts, times of queries, the final report."""
