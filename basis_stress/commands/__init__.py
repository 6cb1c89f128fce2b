"""The commands behind the command line: options checked and passed on, results printed and saved."""
