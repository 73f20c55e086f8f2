"""The queue and what comes back."""
