"""What Streamlit runs for every page and every change of a widget.

It lies in a folder of its own: Streamlit puts the folder of its script first among those that modules are found in.
"""

from __future__ import annotations

from healthscore.dashboard.pages import show_page

show_page()
