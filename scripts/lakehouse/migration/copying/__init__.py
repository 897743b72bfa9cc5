"""From the old table to the new: the plan, the batches, and the SQL that says which row stays.

The authority for what is in a new table, in its rejects, and in the view that answers old queries.
"""
