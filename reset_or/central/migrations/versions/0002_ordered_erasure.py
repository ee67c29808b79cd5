"""A body may go where an order of erasure names its envelope, and nothing else of a row ever changes.

Only adds and narrows: a server process that still runs the program before this one goes on undisturbed.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _postgresql() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar()
    # Fixed, so that nobody's own tables or functions can stand in the place of ours.
    path = f"SET search_path = pg_catalog, {schema}, pg_temp"
    op.execute(
        "CREATE FUNCTION erasure_ordered(at_site text, name text) RETURNS boolean LANGUAGE sql STABLE "  # noqa: S608
        f"{path} AS $$ SELECT EXISTS (SELECT 1 FROM statement WHERE type = 'erase' AND site = at_site "
        "AND (convert_from(data, 'UTF8')::jsonb -> 'env_ids') @> to_jsonb(name)) $$"
    )
    op.execute(
        f"CREATE FUNCTION only_by_order() RETURNS trigger LANGUAGE plpgsql {path} AS $$ BEGIN "
        "IF NEW.body IS NULL AND erasure_ordered(OLD.site, OLD.env_id) THEN "
        "NEW.body := OLD.body; "
        "IF NEW IS NOT DISTINCT FROM OLD THEN NEW.body := NULL; RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE FUNCTION erase_body(name text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER "  # noqa: S608
        f"{path} AS $$ BEGIN "
        "IF NOT EXISTS (SELECT 1 FROM envelope WHERE env_id = name AND erasure_ordered(site, name)) THEN "
        "RAISE EXCEPTION 'no order names this envelope'; END IF; "
        "UPDATE envelope SET body = NULL WHERE env_id = name AND body IS NOT NULL; RETURN FOUND; END $$"
    )
    op.execute("REVOKE ALL ON FUNCTION erase_body(text) FROM PUBLIC")
    op.execute("DROP TRIGGER never_changes ON envelope")
    op.execute(
        "CREATE TRIGGER never_changes BEFORE DELETE OR TRUNCATE ON envelope "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER changes_by_order BEFORE UPDATE ON envelope "
        "FOR EACH ROW EXECUTE FUNCTION only_by_order()"
    )


def _sqlite() -> None:
    kept = ("env_id", "site", "dev", "n", "hdr", "dsig", "body_len", "received_ms", "sender")
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in kept)
    op.execute("DROP TRIGGER envelope_no_update")
    op.execute(
        f"CREATE TRIGGER envelope_no_update BEFORE UPDATE ON envelope WHEN NOT (NEW.body IS NULL AND {same} "  # noqa: S608
        "AND EXISTS (SELECT 1 FROM statement AS s, json_each(CAST(s.data AS TEXT), '$.env_ids') AS named "
        "WHERE s.type = 'erase' AND s.site = OLD.site AND named.value = OLD.env_id)) "
        "BEGIN SELECT RAISE(ABORT, 'rows of envelope never change'); END"
    )
