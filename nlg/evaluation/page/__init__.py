"""What was found as pages: Markdown, and HTML that needs no other file."""
