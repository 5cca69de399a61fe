"""The evidence pack of a run: what it rests on, sealed so that every later change of a file is named."""
