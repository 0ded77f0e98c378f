"""Counts what happens by the hour, and counts an hour anew whenever something in it changed."""
