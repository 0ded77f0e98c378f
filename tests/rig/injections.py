"""Two hundred searches that mean something to a database, to its text search, or to a regular expression."""

from __future__ import annotations

from itertools import islice, product

QUOTES = ("'", '"', "`", "''", "\\'", "%27", "’", "$$", ")", "')", "';")
STATEMENTS = (
    " OR 1=1 --",
    " OR '1'='1",
    " UNION SELECT password FROM users --",
    "; DROP TABLE turns; --",
    "; DELETE FROM turns WHERE 1=1; --",
    "; UPDATE conversations SET answering='human'; --",
    " AND (SELECT pg_sleep(5)) IS NULL --",
    "||(SELECT version())||'",
    " AND 1=CAST((SELECT text FROM turns LIMIT 1) AS int) --",
    "/**/OR/**/1=1#",
    "; ATTACH DATABASE '/tmp/x' AS x; --",
    "; COPY turns TO PROGRAM 'id'; --",
    " AND randomblob(1000000000) --",
    "; PRAGMA writable_schema=ON; --",
)
SEARCHES = (
    "%", "_", "\\", "%%%", "\\%", "[a-z]", "a%b_c", "*", "a*", "* OR *", "NEAR(a b)", "a NEAR/2 b", "text:secret", "^a",
    "-a", "a AND NOT b", "a OR b", "(a", "a)", '"a', "{a b}: c", "a & b", "a | !b", "a <-> b", "a:*", "!!", ":*",
    "'a':*", "(a+)+$", ".*", "[", "(?:", "\\d{99999}", "\\1", "$1", "${x}", "{{7*7}}", "%s%s%n", "%(name)s", ":name",
    "?", "$1::text", "-1", "1e999", "NaN", "NULL", "true", "0x41", "\u202e' OR 1=1", "＇ OR 1=1", "a" * 200, "退" * 200,
    "' " * 100,
)  # fmt: skip
INJECTIONS = (
    *SEARCHES,
    *islice(("a" + quote + rest for quote, rest in product(QUOTES, STATEMENTS)), 200 - len(SEARCHES)),
)
