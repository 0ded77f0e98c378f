"""Writing replies for others over a broker: what is on the wire, and what a worker is made of. Needs no torch."""
