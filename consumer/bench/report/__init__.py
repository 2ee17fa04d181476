"""A benchmark's report as one HTML file that needs nothing else: sentences first, then tables, plots, flame graphs."""
