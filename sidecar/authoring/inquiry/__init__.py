"""Why one question is answered as it is, clause by clause, and what would change that; offline."""
