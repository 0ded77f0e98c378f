"""What grows old in the database. A file here is one kind of data, found by its name, which the settings page shows.

Each offers `DAYS` (how long it is kept unless the owner says otherwise, `None` for good), `LEAST` (fewer days cannot be
chosen), and two functions that work in the caller's transaction: `async def count(connection, age) -> int` counts what
is older than `age` seconds, `async def remove(connection, age, most) -> int` removes so many of them at most, and
returns how many.
"""
