"""The Glue endpoint of the sandbox: a Data Catalog with Glue's rules that survives a kill.

The catalog (databases, tables, versions, partitions, column statistics, functions) is this package's own,
because moto keeps neither versions apart nor statistics nor anything across a restart. moto answers the
rest of Glue, STS and Lake Formation, in the same process (`moto_services`).

One request goes `app` (HTTP) -> `service` (routing, checks) -> `operations` (rules; plans effects)
-> `journal` (durable) -> `effects` (state changes) -> answer.
"""

ACCOUNT_ID = "000000000000"
"""The one account of the sandbox; ministack's default, so that every part agrees."""
ENGINE_PATH = "/engine"
"""Where the sandbox's own engine asks: it sees projected partitions, and is refused what it would misread."""
