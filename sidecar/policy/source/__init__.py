"""Where bundles come from: a folder, an archive, or a revision in git.

``read_source("policies")``, ``read_source("policies.tar.gz")`` and ``read_source("main:policies")`` give the same
``Files``, with the same revision, for the same contents. What reads a bundle calls one of these, which raise
``BundleError`` with every problem found:

- ``sidecar.policy.bundle.read_draft(source)``: the bundle, checked, as its author sees it. *source* is a ``Path`` of a
  folder or an archive, or a text as people type it, which may also name a revision.
- ``sidecar.policy.bundle.read_draft(path, trust)``: the same for a server, which takes only what it trusts: what
  ``sidecar.app.trust.trust_of`` makes of the configuration.
- ``sidecar.cli.policy.argument.bundle_argument``: the argument of a command that takes any of the three.
"""
