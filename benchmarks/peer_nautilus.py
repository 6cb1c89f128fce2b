"""nautilus_trader's event loop, run by an interpreter of its own: prices on standard input, JSON on standard output."""

import inspect
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy
from peer_loop import serve

VENUE = Venue("SIM")
DAY = 86_400_000_000_000
LIQUIDATES = "liquidation_enabled" in inspect.signature(BacktestEngine.add_venue).parameters
"""Whether this release has a liquidation engine; releases for Python 3.11 do not."""


class Hold(Strategy):  # type: ignore[misc]
    """Take the position on the first bar, read its value on every bar."""

    def __init__(self, instruments: list[Any], quantities: list[int]) -> None:
        super().__init__(StrategyConfig())
        self.instruments, self.quantities, self.value = instruments, quantities, 0.0
        self.bought: set[int] = set()

    def on_start(self) -> None:
        """Subscribe."""
        for one in self.instruments:
            self.subscribe_bars(bar_type(one))

    def on_bar(self, bar: Any) -> None:
        """Buy once; mark."""
        number = [one.id for one in self.instruments].index(bar.bar_type.instrument_id)
        if number not in self.bought:
            self.bought.add(number)
            side = OrderSide.BUY if self.quantities[number] > 0 else OrderSide.SELL
            size = Quantity.from_int(abs(self.quantities[number]))
            self.submit_order(self.order_factory.market(self.instruments[number].id, side, size))
        gain = self.portfolio.unrealized_pnl(self.instruments[number].id)
        self.value = gain.as_double() if gain is not None else 0.0


def instrument(name: str) -> Any:
    """A security without fees: a twentieth is initial margin, half of that maintenance margin."""
    return Equity(
        instrument_id=InstrumentId(Symbol(name), VENUE), raw_symbol=Symbol(name), currency=USD, price_precision=2,
        price_increment=Price.from_str("0.01"), lot_size=Quantity.from_int(1), ts_event=0, ts_init=0,
        margin_init=Decimal("0.05"), margin_maint=Decimal("0.025"), maker_fee=Decimal(0), taker_fee=Decimal(0),
    )  # fmt: skip


def bar_type(one: Any) -> Any:
    """Daily bars of last prices."""
    return BarType.from_str(f"{one.id}-1-DAY-LAST-EXTERNAL")


def bars(one: Any, prices: list[float]) -> list[Any]:
    """One bar a day."""
    found, size, kind = [], Quantity.from_int(1_000_000), bar_type(one)
    for day, number in enumerate(prices):
        price, stamp = Price(number, 2), (day + 1) * DAY
        found.append(Bar(kind, price, price, price, price, size, stamp, stamp))
    return found


def run(tables: list[list[float]], quantities: list[int]) -> tuple[float, float, bool]:
    """One backtest: seconds of the loop alone, equity at the end, whether anything is held."""
    engine = BacktestEngine(config=BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    terms: dict[str, Any] = {"base_currency": USD, "default_leverage": Decimal(25)}
    terms |= {"liquidation_enabled": True} if LIQUIDATES else {}
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, [Money(1_000_000, USD)], **terms)
    instruments = [instrument(name) for name in ("BOND", "FUTURE")[: len(tables)]]
    for one, prices in zip(instruments, tables, strict=True):
        engine.add_instrument(one)
        engine.add_data(bars(one, prices))
    strategy = Hold(instruments, quantities)
    engine.add_strategy(strategy)
    start = time.perf_counter()
    engine.run()
    seconds = time.perf_counter() - start
    account = engine.cache.accounts()[0].balance_total(USD).as_double()
    gains = [engine.portfolio.unrealized_pnl(one.id) for one in instruments]
    held = any(engine.cache.positions_open())
    engine.dispose()
    return seconds, account + sum(gain.as_double() for gain in gains if gain is not None), held


def prepare(given: dict[str, Any]) -> tuple[float, bool, str, Callable[[], float]]:
    """The ruin probe, and the book."""
    _, equity, held = run([given["probe"]], [200_000])
    note = "with its liquidation engine" if LIQUIDATES else "no liquidation engine before its releases for Python 3.12"
    return equity, held, note, lambda: run([given["bond"], given["future"]], [10_000, -9_000])[0]


serve(prepare)
