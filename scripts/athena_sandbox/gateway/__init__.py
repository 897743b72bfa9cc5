"""One address for every service of the stack: that of the storage part.

Clients find each service by the `[services]` section of the AWS configuration file. Those that know one
address only (`AWS_ENDPOINT_URL`, many tools' `endpoint_url`) use the storage part's: it answers for its own
services and forwards the rest to other parts. Otherwise ministack would answer for Athena and Glue with its
own imitations, which know nothing of this stack's tables.
"""
