"""The decision function of a bundle, to be looked at: as a sheet, and as a page."""
