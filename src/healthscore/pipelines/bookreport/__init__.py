"""The book as one HTML file: the views of the dashboard for people without Python."""

from __future__ import annotations

from healthscore.pipelines.bookreport.writing import BookReport, report

__all__ = ["BookReport", "report"]
