"""The whole thing with nothing configured: a forge to poll and an inbox to read, on this machine."""
