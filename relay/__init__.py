"""relay watches repositories and tells people."""

__version__ = "0.1.0"
