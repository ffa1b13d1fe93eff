"""The weather strategy: what is known of coming days, and what is made of it."""
