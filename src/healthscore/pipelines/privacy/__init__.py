"""What is done for the people behind the rows: accounts that are to be forgotten, and pages that may be shared."""
