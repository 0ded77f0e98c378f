"""What the doctor looks at, one a file. Each offers `async def examine() -> list[Finding]`.

A check reads its own settings, finishes within seconds and changes nothing. What it raises of `PalaverError` counts as
a failure. A connector (`connectors.<name>`) may offer the same function and is then examined, too.
"""
