"""`python -m athena_sandbox`, the same as the command `athena-sandbox`."""

from athena_sandbox.cli import main

main()
