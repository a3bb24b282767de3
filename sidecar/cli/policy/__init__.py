"""``policy``: what authors run on a bundle."""
