"""The journal: what happened, kept in a database. Knows nothing of Home Assistant."""
