// A report: charts with hover in place of the figures, and tables that sort.
import { bookCharts } from "./charts.js";
import { sortable } from "./tables.js";

/** Draw the charts of a book, and make its tables sortable. */
export function showReport(answer) {
  document.documentElement.classList.add("scripted");
  const places = Object.fromEntries(["equity", "legs", "leverage", "yields"].map((id) => [id, document.getElementById(`live-${id}`)]));
  bookCharts(places, answer);
  document.querySelectorAll("table").forEach(sortable);
}
