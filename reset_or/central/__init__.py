"""The server: a dumb, ordered, append-only store of envelopes that it cannot read.

Stateless over PostgreSQL or SQLite and a folder of sealed photos; holds no key that opens anything.
"""
