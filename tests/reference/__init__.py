"""Reference pages, written from the code: `docs/reference/*.md`. Run by `make reference`, compared by the tests."""
