"""What a site is called: one sealed record a site, stated by the coordinating centre.

It reaches every computer of the site with the records, and stands in the images that leave (dicom_facts).
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

from reset_or.actions.context import Context, Saved
from reset_or.actions.installation import check_site
from reset_or.actions.write import Intent, write
from reset_or.base.errors import UserFixable
from reset_or.base.ids import site_rec
from reset_or.wire.feed import CENTRE


def site_name(ctx: Context) -> str:
    """The name of this computer's site; "" where none is stated, or two that nobody chose between."""
    row = ctx.store.record(site_rec(ctx.study, ctx.site))
    return "" if row is None else str(json.loads(row.fields).get("name", ""))


def name_site(ctx: Context, *, site: str, name: str) -> Saved:
    """States or changes the name of `site`, of which this computer holds the keys.

    Raises UserFixable `role_may_not`, `site_pattern`, `site_not_begun`, `field_bad_text`, `field_too_long`,
    `nothing_changed`.
    """
    check_site(ctx.store, site)
    said = " ".join(unicodedata.normalize("NFC", name).split())
    if not said:
        raise UserFixable("field_bad_text", field="name")
    rec = site_rec(ctx.study, site)
    act = "update" if ctx.store.revisions(rec) else "create"
    # The centre's people write at every site (history.author_standing).
    there = replace(ctx, site=site, roles=ctx.directory.people(CENTRE)) if ctx.site == CENTRE else ctx
    return write(there, Intent("site", act, rec, values={"name": said}))
