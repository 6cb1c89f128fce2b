"""The books of many clients through several scenarios: who fails, on what, and who bears the loss."""
