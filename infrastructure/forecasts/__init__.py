"""Weather providers: forecasts and station reports over HTTP."""
