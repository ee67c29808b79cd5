"""Alembic migrations of the server's tables, oldest first; a migration once shipped is never edited."""
