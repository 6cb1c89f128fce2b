// A report: charts with hover in place of the figures.
import { bookCharts } from "./charts.js";

/** Draw the charts of a book. */
export function showReport(answer) {
  document.documentElement.classList.add("scripted");
  const places = Object.fromEntries(["equity", "legs", "leverage", "yields"].map((id) => [id, document.getElementById(`live-${id}`)]));
  bookCharts(places, answer);
}
