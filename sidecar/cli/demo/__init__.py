"""A demonstration: ten thousand invented people, and a tour of what the sidecar answers about them."""
