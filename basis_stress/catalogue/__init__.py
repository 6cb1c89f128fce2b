"""The catalogue of scenarios, one scenario as text and figure, and the comparison with its base."""
