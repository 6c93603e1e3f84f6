// Puts the report together from the data in the page.

const { report, page } = JSON.parse(document.getElementById("data").textContent);

function seriesLabel(detail) {
  return detail.series < 0 ? "All requests" : seriesName(report.series[detail.series]);
}

// One choice of a series for all charts, shown as often as it is needed.
function seriesChoice() {
  const choice = { detail: page.details[0], selects: [], listeners: [] };
  choice.select = () => {
    const select = el("select", {
      "aria-label": "Series",
      onchange() {
        choice.detail = page.details[Number(select.value)];
        choice.selects.forEach((other) => { other.value = select.value; });
        choice.listeners.forEach((show) => show(choice.detail));
      },
    }, page.details.map((detail, i) => el("option", { value: i }, seriesLabel(detail))));
    choice.selects.push(select);
    return page.details.length > 2 ? el("label", {}, "Series", select) : null;
  };
  // Which one it is, where the choice itself is not shown: on paper.
  choice.printed = () => {
    const name = el("span", { class: "printed small" });
    choice.listeners.push((detail) => { name.textContent = detail.series < 0 ? "" : seriesLabel(detail); });
    return name;
  };
  return choice;
}

function perSecond(counts) {
  return counts.map((count, i) => count / Math.max(page.ends[i] - (i ? page.ends[i - 1] : 0), 0.001));
}

// The lines of each chart, for one series.
const chartLines = {
  requests: (d) => [{ name: "requests/s", className: "line-1", area: true, values: perSecond(d.requests) }],
  latency: (d) => [
    { name: "max", className: "line-4", values: d.max, hidden: true },
    { name: "p99", className: "line-3", values: d.p99 },
    { name: "p95", className: "line-2", values: d.p95 },
    { name: "median", className: "line-1", values: d.p50 },
  ],
  failures: (d) => [{ name: "failed/s", className: "line-bad", area: true, values: perSecond(d.failures) }],
  users: () => [{ name: report.url ? "connections" : "users", className: "line-good", area: true, step: true, values: page.users }],
};

function makeCharts(view, detail) {
  const marks = [
    ...(page.warmup_s ? [{ from: 0, to: page.warmup_s, name: "warm-up" }] : []),
    ...page.stages.map((stage) => ({ from: stage.from, name: stage.name })),
  ];
  return {
    requests: timeChart(view, { title: "Requests", unit: "per second", lines: chartLines.requests(detail), show: figure.rate, marks }),
    latency: timeChart(view, { title: "Response time", lines: chartLines.latency(detail), show: figure.duration, duration: true, marks, none: "no answers" }),
    failures: timeChart(view, { title: "Failures", unit: "per second", lines: chartLines.failures(detail), show: figure.rate, marks, none: "none" }),
    users: timeChart(view, { title: report.url ? "Connections" : "Users", lines: chartLines.users(), show: figure.count, integer: true, marks }),
  };
}

function overTimeSection(choice) {
  if (page.ends.length < 2) return null; // there is no line through one point
  const starts = page.ends.map((end, i) => (i ? page.ends[i - 1] : 0));
  const view = makeView(starts, page.ends);
  const charts = makeCharts(view, choice.detail);
  choice.listeners.push((detail) => {
    for (const name of ["requests", "latency", "failures"]) charts[name].setLines(chartLines[name](detail));
  });
  const reset = el("button", { type: "button", hidden: true, onclick: () => view.reset() }, "Show all");
  view.listen(() => { reset.hidden = !view.zoomed(); });
  const log = el("input", { type: "checkbox", onchange: (event) => charts.latency.setLog(event.target.checked) });
  const length = page.ticks_per_point === 1 ? "a point a second" : `a point for every ${figure.elapsed(page.ticks_per_point)}`;
  const part = section("Over time", length, Object.values(charts).map((chart) => chart.element),
    note("Percentiles are those of all requests in a point.", el("span", { class: "controls" }, " Drag across a chart to zoom in, double-click to see all again.")),
    pointsTable(choice));
  part.firstChild.append(choice.printed(), el("div", { class: "controls" }, reset, el("label", {}, log, "Logarithmic times"), choice.select()));
  return part;
}

// The same figures to read and to copy; filled when it is opened.
function pointsTable(choice) {
  const box = el("div", {});
  const details = el("details", { style: "margin-top: 8px", ontoggle: () => show() }, el("summary", {}, "The points as a table"), box);
  const show = () => {
    if (!details.open) return;
    const d = choice.detail;
    const time = (title, values) => ({ title, kind: "number", value: (i) => values[i], show: (i) => figure.number(values[i], page.decimals) });
    const count = (title, values) => ({ title, kind: "number", value: (i) => values[i], show: (i) => figure.count(values[i]) });
    box.replaceChildren(...table([
      { title: "Until", kind: "number", value: (i) => page.ends[i], show: (i) => figure.moment(page.ends[i]) },
      count("Users", page.users), count("Requests", d.requests), count("Failed", d.failures),
      time("Median, ms", d.p50), time("p95", d.p95), time("p99", d.p99), time("Max", d.max),
    ], [...page.ends.keys()], { fixed: true }));
  };
  choice.listeners.push(show);
  return details;
}

function distributionSection(choice) {
  if (!report.totals.latency_ms.count) return null;
  const histogram = distributionPanel("Histogram", "share of the requests by response time", drawHistogram);
  const spectrum = distributionPanel("Percentiles", "up to the slowest request", drawSpectrum);
  const part = section("Distribution of the response time", "", el("div", { class: "columns" }, histogram.element, spectrum.element));
  const select = choice.select();
  part.firstChild.append(choice.printed(), select ? el("div", { class: "controls" }, select) : "");
  const show = (detail) => {
    histogram.show(detail);
    spectrum.show(detail);
  };
  choice.listeners.push(show);
  show(choice.detail);
  return part;
}

function leftOutNote() {
  const left = report.series.length - (page.details.length - 1);
  return left > 0 ? note(`Charts are drawn for the ${figure.count(page.details.length - 1)} series that came first; ${figure.plural(left, "further one")} are in the tables and in the sum over all.`) : null;
}

function drawReport() {
  const choice = seriesChoice();
  const main = document.getElementById("report");
  const parts = [
    headSection(report), verdictSection(report), cardsSection(report, page), thresholdsSection(report),
    overTimeSection(choice), leftOutNote(), failuresSection(report), scriptErrorsSection(report),
    requestsSection(report, page), warmupNote(report), percentilesSection(report, page), distributionSection(choice), checksSection(report), metricsSection(report), statusesSection(report), classesSection(report), tasksSection(report),
    arrivalsSection(report), connectionsSection(report, page), generatorSection(report), configurationSection(report, page),
    el("footer", {}, `Written by inrush ${report.inrush}.`),
  ];
  main.replaceChildren(...parts.flat().filter(Boolean));
}

drawReport();
