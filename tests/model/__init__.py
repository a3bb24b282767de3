"""How events become facts, once more: slow, obvious, and written from the text of the design alone.

Nothing here imports `sidecar.consent`, `sidecar.policy` or `sidecar.engine`, nothing is merged, cached or clever: every
question goes through the whole list of events again, quantifiers are ``any`` and ``all``, and regions are sets of
concrete values. Property tests hold the real code equal to this.
"""
