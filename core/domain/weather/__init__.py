"""Temperature markets: their words, their ladders, and what a forecast says about them."""
