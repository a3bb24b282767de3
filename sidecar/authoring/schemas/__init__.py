"""JSON Schemas of the YAML files of a bundle, for editors; the loader alone decides what is valid."""
