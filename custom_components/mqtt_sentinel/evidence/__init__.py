"""What is kept as evidence: the journal, the cameras' streams, the clips made of them."""
