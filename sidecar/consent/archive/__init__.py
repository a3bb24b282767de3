"""The consent log as lines of JSON: exported from one log, restored into another."""
