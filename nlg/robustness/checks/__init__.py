"""Rules that every reply has to keep, one a file (see `Check` in `nlg.robustness.checking`)."""
