"""Marked-up and tabular data: HTML, MHTML, SVG, XML, JSON, CSV and TSV."""
