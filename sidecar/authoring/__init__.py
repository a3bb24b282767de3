"""What authors do with bundles and the server does not do per request: suites, comparisons, reports, scaffolding."""
