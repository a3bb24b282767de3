"""What policies answer to every question there is, exactly: for authors, never on the way of a request."""
