"""The machinery of the course: run, strip, judge, prove and release its chapters."""
