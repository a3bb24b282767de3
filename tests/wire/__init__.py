"""HTTP/2 as it is on the wire, for what no client library would send."""
