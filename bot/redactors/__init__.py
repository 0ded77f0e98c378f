"""Ways to take personal data out of what is exported: a file here is one, and its name is the name to use.

Each offers what `bot.redaction.Redactor` says. To use a library such as Presidio, add a file that calls it.
"""
