"""Ways of answering, one a file. They are asked in the order that `bot.app` gives; the first that answers wins."""
