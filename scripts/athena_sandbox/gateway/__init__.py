"""One address for every service of the stack: that of the storage part.

Clients find each service by the `[services]` section of the AWS configuration file. Those that know one
address only (`AWS_ENDPOINT_URL`, many tools' `endpoint_url`) are given the storage part's: it answers what it
has and passes on what other parts answer. Without that, ministack would answer for Athena and Glue with
stand-ins of its own, which know nothing of this stack's tables.
"""
