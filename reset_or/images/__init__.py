"""Photographs: taken in, checked in a process of its own, stripped, sealed. Knows no case and no table.

Importing this package costs nothing: Pillow and pyrage are imported by the modules that need them.
"""
