"""Names that a page may take for more than text: HTML, Markdown, links that run, formulas of spreadsheets."""

HOSTILE = (
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "**bold** $x$ :red[x] `code`",
    "<img src=x onerror=alert(1)>",
    "=cmd()",
    "www.example.com a@b.com https://x.example",
    "A -> B -- C >= D <- :streamlit: :material/home:",
    "# heading\n- list",
)
