"""Learning from settled days: numpy and scipy, for the worker process and the backtest alone."""
