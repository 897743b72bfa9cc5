"""Everything that stands in for AWS and the source systems on one machine."""
