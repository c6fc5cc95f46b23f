"""Office documents: OOXML, ODF, and the older forms that become OOXML."""
