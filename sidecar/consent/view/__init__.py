"""The view of consent that questions are decided from."""
