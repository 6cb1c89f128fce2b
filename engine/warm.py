"""Compile the event loop: ``python -m engine.warm`` runs an empty world, which needs every kernel that any does."""

from engine.day import simulate
from engine.record import enter
from engine.rows import Contract, Event, Fund, FuturesQuote, Mark, NoteQuote, Position, empty_rows
from engine.run import Setup, _lay_out
from engine.world import Market


def compile_event_loop() -> None:
    """Enter and run a world without events; its rows are of the types that all runs have."""
    quotes = empty_rows(NoteQuote, 1).reshape(1, 1), empty_rows(FuturesQuote, 1).reshape(1, 1)
    market = Market(empty_rows(Mark, 1), *quotes)
    funds, positions, contracts = (empty_rows(row, 1) for row in (Fund, Position, Contract))
    world = _lay_out(Setup(market, empty_rows(Event, 0), funds, positions, contracts, days=1), 1)
    enter(world)
    simulate(world)


if __name__ == "__main__":
    compile_event_loop()
