"""The table of sources."""
