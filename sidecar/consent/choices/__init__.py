"""What people choose on a page: the boxes that notices offer, how they stand, and what a form changes (ADR-0029)."""
