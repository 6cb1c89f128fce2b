"""Fresh data: download tables from their publishers into a snapshot folder beside the embedded ones, and verify it."""
