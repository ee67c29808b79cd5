"""The client's side of synchronising: the engine, photos, and the true state of every item.

Knows the store and the wire, no rule of the trial and no screen. Nothing heavy is imported here.
"""
