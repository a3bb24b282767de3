"""The fast transport (ADR-0034): questions in bursts on one thread, everything else through grpcio behind it."""
