"""Starting the dashboard: the book is opened first, then Streamlit serves its pages from this process."""

from __future__ import annotations

import importlib.util
import socket
from ipaddress import ip_address
from pathlib import Path

from healthscore.dashboard.shelf import Shelf, show
from healthscore.errors import ConfigurationError, HealthScoreError
from healthscore.pipelines.colours import colours
from healthscore.pipelines.figures import FONT

SCRIPT = Path(__file__).parent / "entry" / "app.py"
LOOPBACK = "127.0.0.1"
PORT = 8501
OPTIONS = {
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.enableCORS": "true",
    "server.enableXsrfProtection": "true",
    "server.enableStaticServing": "false",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.disableDataExport": "true",  # its files would hold what spreadsheets run; ours do not
    "logger.hideWelcomeMessage": "true",
    "logger.level": "error",
    "theme.font": FONT,
    "theme.headingFontSizes": '["1.9rem", "1.4rem", "1.1rem", "1rem", "1rem", "1rem"]',
}
"""What Streamlit is told whatever its own files and variables say: nothing leaves, and nothing is read but the book."""
PAINTED = {
    "primaryColor": "--accent",
    "backgroundColor": "--bg",
    "secondaryBackgroundColor": "--sunken",
    "textColor": "--ink",
    "linkColor": "--accent",
    "borderColor": "--line",
    "dataframeBorderColor": "--line",
    "dataframeHeaderBackgroundColor": "--sunken",
}
"""Colour of Streamlit's themes -> colour of the style sheet."""


class PortError(HealthScoreError):
    """The dashboard cannot be served at an address."""


def need_streamlit() -> None:
    """See that Streamlit is here.

    Raises
    ------
    ConfigurationError
        It is not.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise ConfigurationError(
            "the dashboard needs Streamlit, which is not installed", "pip install 'healthscore[dashboard]'"
        )


def need_port(address: str, port: int) -> None:
    """See that nobody listens at a port, and that the address is this machine's.

    Raises
    ------
    PortError
        Somebody does, or it is not.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port whose last user has just left is free
        try:
            tried.bind((address, port))
        except OSError as error:
            raise PortError(
                f"the dashboard cannot listen at {address}, port {port}: {error.strerror or error}",
                f"take another port: --port {port + 1 if port < 65535 else PORT}",
            ) from None


def is_local(address: str) -> bool:
    """Whether nobody but this machine reaches an address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def host(address: str) -> str:
    """The address as it stands in that of a page."""
    return f"[{address}]" if ":" in address else address


def serve(shelf: Shelf, address: str = LOOPBACK, port: int = PORT, *, browser: bool = True) -> None:
    """Serve the pages of a shelf until somebody stops this process; returns then."""
    from streamlit.web.cli import main

    show(shelf)
    asked = options(address, port, browser=browser)
    arguments = [f"--{name}={value}" for name, value in asked]
    main.main(args=["run", str(SCRIPT), *arguments], prog_name="streamlit", standalone_mode=False)


def options(address: str, port: int, *, browser: bool) -> list[tuple[str, str]]:
    """Names and values of everything that Streamlit is told."""
    own = {"server.address": address, "server.port": str(port), "server.headless": str(not browser).lower()}
    if is_local(address):  # a page elsewhere whose name leads here by a trick is not served
        hosts = [("server.allowedHosts", name) for name in dict.fromkeys((LOOPBACK, "localhost", host(address)))]
    else:
        hosts = []
    themes = [
        (f"theme.{theme}.{name}", colours(theme)[ours]) for theme in ("light", "dark") for name, ours in PAINTED.items()
    ]
    return [*OPTIONS.items(), *own.items(), *hosts, *themes]
