"""What earlier runs of a results folder found: kept in SQLite, compared with the run that ended."""
