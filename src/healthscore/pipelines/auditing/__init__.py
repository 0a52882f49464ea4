"""Parts of the audit: each module answers one of its questions and is one section of its result."""
