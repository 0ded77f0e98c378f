"""What is in a data file: figures, tables, a page and plots."""
