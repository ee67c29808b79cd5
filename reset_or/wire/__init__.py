"""What client and server say to each other: messages, signed requests, numbered problems, invites.

Bytes in, values out; `transport` alone touches a network and `client` speaks through it. Imported by `sync`
and by `central`, which never import each other: a device and a hospital's relay call a server in one way.
"""
