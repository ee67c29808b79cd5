"""Widgets: values in, signals out. They know no action and no word of their own."""
