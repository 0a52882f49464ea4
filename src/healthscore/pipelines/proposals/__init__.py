"""What `init` proposes for a company's tables: looked at, mapped, and written as one commented run.

inventory -> keys -> mapping -> outcome and signals -> text. Nothing here decides silently: whatever the tables cannot
say becomes a question, and whatever is left out is named with its reason.
"""
