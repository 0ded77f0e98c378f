"""How files hold records: a file here is a format, found by what a path is called or holds.

Each offers the three functions of `nlg.data.reading.Format`.
"""
