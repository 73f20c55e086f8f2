"""Pictures and videos that devices took themselves, kept as evidence of what they belong to."""
