"""Looking at what is there: what text columns hold, who uses the tables, what a backfill would take."""
