"""The book: what is published of all accounts, as data. It shows nothing; whatever shows it computes nothing."""

from __future__ import annotations

from healthscore.pipelines.book.accounts import Filter, Page, accounts_page, displays
from healthscore.pipelines.book.beside import figures_beside, recommended, weights_beside
from healthscore.pipelines.book.course import course
from healthscore.pipelines.book.glance import glance, movers, promises
from healthscore.pipelines.book.lists import export, listed, lists
from healthscore.pipelines.book.one import account, peers, waterfall
from healthscore.pipelines.book.opening import Book, Told, open_book
from healthscore.pipelines.book.overtime import bands_over_time, scores_over_time
from healthscore.pipelines.book.signals import features, latest, moved, path, weekly
from healthscore.pipelines.book.whatif import WhatIf, open_what_if

__all__ = [
    "Book",
    "Filter",
    "Page",
    "Told",
    "WhatIf",
    "account",
    "accounts_page",
    "bands_over_time",
    "course",
    "displays",
    "export",
    "features",
    "figures_beside",
    "glance",
    "latest",
    "listed",
    "lists",
    "moved",
    "movers",
    "open_book",
    "open_what_if",
    "path",
    "peers",
    "promises",
    "recommended",
    "scores_over_time",
    "waterfall",
    "weekly",
    "weights_beside",
]
