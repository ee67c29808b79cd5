"""Custody of private keys: slots and keyring, passwords and PINs, the coordinating centre's key files.

Returns bytes and key objects and has no tables; nothing heavy is imported here.
"""
