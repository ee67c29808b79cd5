"""Tokens, colours, fonts and icons: the look, in one place."""
