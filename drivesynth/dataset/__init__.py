"""Plan, ledger, storage, engines: scenarios in, a dataset out, resumable at any time."""
