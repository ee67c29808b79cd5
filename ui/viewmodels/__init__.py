"""What pages decide, in plain Python without Qt: one view model a page."""
