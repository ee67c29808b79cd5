"""RESET-OR: the margins of the RESET trial (NCT07038122), recorded, judged, signed and carried home.

The core: no Qt, no screen. `ui` draws it, `reset_or.central` is the server in the middle.
"""

__version__ = "0.1.0"
