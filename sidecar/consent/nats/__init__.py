"""The consent log as a stream of NATS JetStream, which several sidecars share."""
