"""Which segments are kept, and under which names."""
