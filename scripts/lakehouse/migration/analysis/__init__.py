"""Analysis before a migration: what text columns contain, who uses the tables, what a backfill would take."""
