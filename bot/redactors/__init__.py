"""Ways to take personal data out of what is exported: a file here is one, and its name is the name to use.

Each offers what `bot.redaction.Redactor` says. One that needs a library has an extra of its name, which brings it.
"""
