"""Resource policies of table buckets and tables.

access      what a grant allows: sets of actions, by level
statements  a grant as a statement of a policy, and back
documents   a policy document, and grants merged into it
service     reading and writing policies
"""
