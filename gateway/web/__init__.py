"""What both sides' pages and APIs have in common: who calls, limits, problems, the server."""
