"""Its place puts this folder on the path: tests import `oracle` and `literal` from here."""
