"""What the product is about: services over storage and ports, over a pure domain."""
