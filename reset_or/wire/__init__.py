"""What client and server say to each other: messages, signed requests, numbered problems, invites.

Pure: bytes in, values out. Imported by `sync` and by `central`, which never import each other.
"""
