"""The command line. Commands are loaded when they are used, so that asking a question does not load a server."""
