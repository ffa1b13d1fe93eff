"""What proves an order or a request to the venue: hashes, signatures, headers and bodies.

Our own code on libsecp256k1, because importing the official client takes longer than the whole
order core may (a second). Tests hold it to the official clients, signature for signature.
"""
