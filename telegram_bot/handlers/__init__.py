"""One file an area: parse the update, call one service, draw one screen."""
