"""What every part stands on: errors, words, ids, clock, units, paths, resources, logging. Nothing clinical."""
