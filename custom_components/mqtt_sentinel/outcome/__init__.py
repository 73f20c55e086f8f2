"""What people and automations get to see of a change: repair issues, events on the bus."""
