"""Benchmarks: `python -m benchmarks` runs all, prints a table, writes a JSON file.

Figures from one run may be compared as ratios; across machines and days they may not.
"""
