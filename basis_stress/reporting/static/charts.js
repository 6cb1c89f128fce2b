// Charts by day with Apache ECharts: one look, units on each axis, a sentence for readers who do not see them.
/* global echarts */
import { colour } from "./outcome-map.js";

const made = new Map();
const UNITS = [[1e9, "$bn"], [1e6, "$m"], [1e3, "$k"]];

/** The divisor and unit in which an amount has at most three digits before the point. */
export function unit(lines) {
  const size = Math.max(0, ...lines.flat().filter((v) => v !== null).map(Math.abs));
  return UNITS.find(([divisor]) => size >= divisor) ?? [1, "$"];
}

function short(day) {
  const date = new Date(`${day}T12:00:00Z`);
  return `${date.getUTCDate()} ${date.toLocaleString("en-GB", { month: "short", timeZone: "UTC" })}`;
}

/** Draw lines or stacked bars by day into an element, again each time it is called. */
export function draw(place, { dates, series, name, said, marks = {}, digits = 2 }) {
  let chart = made.get(place);
  if (!chart) {
    chart = echarts.init(place, null, { renderer: "svg" });
    made.set(place, chart);
    new ResizeObserver(() => chart.resize()).observe(place);
  }
  const ink = { color: colour("ink"), fontSize: 11 };
  const line = { lineStyle: { color: colour("line") } };
  const fixed = (value) => (value === null || value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits).replace("-", "−"));
  place.setAttribute("aria-label", said);
  chart.setOption(
    {
      animation: false,
      aria: { enabled: false },
      textStyle: ink,
      grid: { left: 8, right: 12, top: 44, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, right: 0, type: "plain", itemWidth: 14, itemHeight: 8, textStyle: ink, icon: "roundRect" },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        confine: true,
        backgroundColor: colour("ground"),
        borderColor: colour("soft"),
        textStyle: ink,
        formatter: (rows) => [`${rows[0].axisValue}${marks[dates[rows[0].dataIndex]] ? `: ${marks[dates[rows[0].dataIndex]]}` : ""}`, ...rows.map((row) => `${row.seriesName} ${fixed(row.value)} ${name}`)].join("\n"),
      },
      xAxis: { type: "category", data: dates.map(short), axisLabel: ink, axisLine: line, axisTick: { show: false } },
      yAxis: { type: "value", scale: true, name, nameTextStyle: { ...ink, align: "left" }, axisLabel: ink, splitLine: line, nameGap: 8 },
      series: series.map((each, k) => ({
        name: each.name,
        type: each.bar ? "bar" : "line",
        stack: each.bar ? "all" : undefined,
        data: each.values,
        symbol: "none",
        color: each.colour,
        lineStyle: { width: each.dashed ? 1.5 : 2, type: each.dashed ? "dashed" : "solid" },
        barMaxWidth: 22,
        markLine: k || each.bar ? undefined : {
          symbol: "none",
          silent: true,
          label: { formatter: (mark) => mark.name, ...ink, fontSize: 10, position: "insideEndTop" },
          lineStyle: { color: colour("soft"), type: "dashed" },
          data: firsts(marks, dates).map(([day, words]) => ({ name: words, xAxis: dates.indexOf(day) })),
        },
      })),
    },
    true,
  );
}

/** The first day of each kind of mark. */
function firsts(marks, dates) {
  const seen = new Map();
  for (const day of dates) if (marks[day] && !seen.has(marks[day])) seen.set(marks[day], day);
  return [...seen].map(([words, day]) => [day, words]);
}

/** The charts of a book's answer, or of a report. */
export function bookCharts(places, { series, headline }, other = null) {
  const { dates, marks } = series;
  const [money, dollars] = unit([series.equity, series.cash]);
  const by = (values, divisor) => values.map((v) => (v === null ? null : v / divisor));
  const ends = (values) => `${values[0]?.toFixed(2)} to ${values.findLast((v) => v !== null)?.toFixed(2)}`;
  const kept = other && other.series.dates.length === dates.length && other.series.dates[0] === dates[0] ? other.series : null;
  const equity = by(series.equity, money);
  draw(places.equity, {
    dates, marks, name: dollars,
    said: `Equity ${ends(equity)} ${dollars} and cash by day. ${headline}`,
    series: [
      { name: "equity", values: equity, colour: colour("series-equity") },
      { name: "cash", values: by(series.cash, money), colour: colour("series-cash") },
      { name: "free, after tonight's margin", values: by(series.free, money), colour: colour("series-free"), dashed: true },
      ...(kept ? [{ name: "equity of A", values: by(kept.equity, money), colour: colour("series-other_book"), dashed: true }] : []),
    ],
  });
  draw(places.leverage, {
    dates, marks, name: "times equity", digits: 1,
    said: `Leverage, bonds over equity, ${ends(series.leverage)} times.`,
    series: [
      { name: "leverage", values: series.leverage, colour: colour("series-leverage") },
      ...(kept ? [{ name: "leverage of A", values: kept.leverage, colour: colour("series-other_book"), dashed: true }] : []),
    ],
  });
  const legs = Object.entries(series.legs).filter(([, values]) => values.some((v) => v));
  const [size, cash] = unit(legs.map(([, values]) => values));
  const worst = legs.map(([leg, values]) => `${series.leg_names[leg]} at least ${(Math.min(...values) / size).toFixed(1)}`).join(", ");
  draw(places.legs, {
    dates, name: cash,
    said: `Cash by leg per day after entry, outflows negative, in ${cash}: ${worst}.`,
    series: legs.map(([leg, values]) => ({ name: series.leg_names[leg], values: by(values, size), colour: colour(`leg-${leg}`), bar: true })),
  });
  draw(places.yields, {
    dates, name: "% a year",
    said: `Par yields, percent: ${Object.entries(series.yields).map(([tenor, values]) => `${tenor} ${ends(values)}`).join(", ")}.`,
    series: [
      ...Object.entries(series.yields).map(([tenor, values]) => ({ name: tenor, values, colour: colour(`tenor-${tenor}`) })),
      ...Object.entries(series.observed).map(([tenor, values]) => ({ name: `${tenor} as it was`, values, colour: colour(`tenor-${tenor}`), dashed: true })),
    ],
  });
}
