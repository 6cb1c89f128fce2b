"""Every page: one HTML file that holds its figures and loads nothing."""
