"""What is commanded: commands, relays and scenes on their way out and back."""
