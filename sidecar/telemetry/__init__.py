"""What operators see: metrics, log lines, the latest errors. Never a subject id."""
