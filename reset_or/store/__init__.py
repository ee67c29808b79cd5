"""The encrypted store of one installation: SQLCipher through SQLAlchemy Core, on the store lane.

Nothing heavy is imported here; `states` opens a store, `store.Store` is what everybody else is given.
"""
