"""The crash harness: the real program killed at its milestones, started again, and audited."""
