"""Documents from a template: fixed sentences, fields, and paragraphs that a model writes and that are checked."""
