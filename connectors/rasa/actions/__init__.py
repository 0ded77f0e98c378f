"""The custom action server: rasa-sdk's own, with our actions in it. Needs the extra `rasa`, in its own environment.

It holds neither a model nor a database: for each action it asks `palaver run`, so both see one conversation.
"""
