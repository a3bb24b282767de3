"""Everything that knows Cedar; the only importer of cedarpy."""
