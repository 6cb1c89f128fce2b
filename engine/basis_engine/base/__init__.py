"""What every engine room needs: how kernels compile, and the error for a user's mistake."""
