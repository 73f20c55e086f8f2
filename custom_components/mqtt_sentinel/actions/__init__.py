"""What actions do, behind their door."""
