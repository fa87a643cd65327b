"""What can go wrong with the parts, the clocks and the payloads, done on purpose and audited."""
