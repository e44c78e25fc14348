"""nib: tools for secondary uses of health and care data."""
