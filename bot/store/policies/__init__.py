"""Which reply a reviewer should see next: a file here is a policy, and its name is the name on the page.

Each offers what `bot.store.reviewing.queue.Policy` says. Asked in the order of `ORDER`, the first that finds one wins.
"""
