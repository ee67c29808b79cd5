"""Bytes that are signed for ever: canonical JSON, revisions, envelopes, statements, receipts, and history.

Pure: bytes and times in, accepted or refused out. No disk, no network, no private key kept.
"""
