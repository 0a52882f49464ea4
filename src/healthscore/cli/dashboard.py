"""`dashboard`: what is published, to be looked at in a browser."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from healthscore.cli.options import DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import near, say, warn

Card = Annotated[
    str | None,
    typer.Option("--scorecard", metavar="SCORECARD", help="Show the scores by this scorecard.", show_default=False),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the page.")]
Address = Annotated[
    str, typer.Option("--address", help="Address to listen at; any but this machine's own lets others read all scores.")
]
Browser = Annotated[bool, typer.Option("--no-browser", help="Open no browser.")]


def dashboard(
    run: RunFile = None,
    scorecard: Card = None,
    port: Port = 8501,
    address: Address = "127.0.0.1",
    no_browser: Browser = False,
    data: DataRoot = None,
    out: OutRoot = None,
) -> None:
    """Show what is published in a browser: the book, every account, what to do, and what other weights would do."""
    from healthscore.dashboard import serving
    from healthscore.dashboard.shelf import Shelf
    from healthscore.pipelines.book import open_book

    serving.need_streamlit()
    shelf = Shelf(partial(open_book, run, scorecard, data=data, out=out))
    try:
        book = shelf.book()
        serving.need_port(address, port)
        if not serving.is_local(address):
            warn(f"whoever reaches port {port} of {address} reads all scores", UserWarning, __file__, 0)
        say(f"dashboard  http://{serving.host(address)}:{port}  (Ctrl-C ends it)")
        say(f"scores     {book.now.as_of}, {near(book.directory)}")
        serving.serve(shelf, address, port, browser=not no_browser)
    finally:
        shelf.close()
