"""Read and check tables; calendars, contract rules and the kinds of field that tables and scenarios share."""
