"""Named things that live in the service: work groups, data catalogs, prepared statements, named queries."""
