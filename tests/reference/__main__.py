"""Write `docs/reference/*.md` from the code: `make reference`."""

from __future__ import annotations

from reference.pages import FOLDER, PAGES

FOLDER.mkdir(exist_ok=True)
for name, page in PAGES.items():
    (FOLDER / f"{name}.md").write_text(page(), encoding="utf-8")
