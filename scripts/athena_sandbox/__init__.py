"""AWS and the source systems, imitated on one machine."""
