"""`python -m lakehouse` is the `lakehouse` command."""

from lakehouse.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
