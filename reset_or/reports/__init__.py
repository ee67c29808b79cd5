"""Printed records. Importing this package costs nothing: reportlab and pikepdf load with `case_sheet`."""
