"""What happens, written into the journal as it happens."""
