"""One page a file: lays out widgets and hands what happens to its view model."""
