"""What a record can be: a file here is a schema, found by the fields that a record has.

Each offers `NEEDS`, the fields that it must have, and `content`, which raises `ValueError` for what it cannot read.
"""
