"""Brings a new version of a model to people by degrees: beside the others, to a share of them, to all; and back."""
