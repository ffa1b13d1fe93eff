"""The doctor: looks at everything the program needs, one by one, and says what to do."""
