"""The table of destinations."""
