"""Other systems downstream: what they are told, how far they have come, how far behind they are."""
