"""The weather strategy: what is known of coming days, what is believed, decided and ordered."""
