"""Books from news, prices from books, rows from prices."""
