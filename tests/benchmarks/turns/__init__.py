"""Conversations in bulk, as they come in a year of service, to see whether the admin pages stay quick."""
