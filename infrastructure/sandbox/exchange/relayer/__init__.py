"""The relayer of the sandbox: takes signed batches of wallets to a chain that it plays."""
