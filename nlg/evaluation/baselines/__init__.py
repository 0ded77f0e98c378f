"""What a model should be better than: a file here is a rule that replies without having learnt anything.

Each offers `reply`, from an example to a text. The file's name is the name to use: `palaver evaluate --against copy`.
"""
