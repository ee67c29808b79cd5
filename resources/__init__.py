"""Files that travel with the application: trial schemes, fonts, icons, words, templates."""
