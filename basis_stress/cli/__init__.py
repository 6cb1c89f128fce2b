"""The command line: check options, call the library, print and save results."""
