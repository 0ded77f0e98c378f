"""Parts that several model families are made of."""
