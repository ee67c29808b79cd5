"""How a resection margin is judged: the versioned scheme, states, verdicts, entry guards. Pure functions."""
