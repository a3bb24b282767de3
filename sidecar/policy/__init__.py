"""From a bundle on disk to verdicts: reading, checking, evaluating."""
