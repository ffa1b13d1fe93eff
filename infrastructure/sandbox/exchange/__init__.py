"""A venue on this machine: catalogue, books, REST and sockets."""
