"""The command line and libraries of the lakehouse. Talks to AWS APIs only."""
