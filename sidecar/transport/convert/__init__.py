"""Messages of the protocol to values of the model and back; every limit, and all that makes a message well-formed."""
