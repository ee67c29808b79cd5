"""What every part stands on: errors, words, ids, clock, units, paths, resources, log. Nothing clinical."""
