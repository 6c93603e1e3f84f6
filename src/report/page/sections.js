// The sections of the report that are words and tables. Each returns an
// element, or null where it has nothing to say.

// A link can lead to one: #requests.
function section(title, aside, ...children) {
  return el("section", { id: title.toLowerCase().replace(/\W+/g, "-") }, el("div", { class: "section-head" }, el("h2", {}, title), aside ? el("span", { class: "quiet small" }, aside) : null), ...children);
}

function note(...text) {
  return el("p", { class: "note" }, text);
}

function pairs(entries) {
  return el("dl", { class: "pairs" }, entries.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

// A panel of pairs under a heading of its own; null when all are empty.
function pairsPanel(title, entries) {
  const list = pairs(entries);
  return list.children.length ? el("div", { class: "panel padded" }, el("h3", { style: "margin-bottom: 6px" }, title), list) : null;
}

// The program's own texts spell microseconds in ASCII.
const micro = (text) => text.replace(/(\d) us\b/g, "$1 µs");

const seriesName = (s) => (s.type ? `${s.type} ${s.name}` : s.name);

// --- head, verdict, cards ---

function headSection(report) {
  const started = report.started ? new Date(report.started) : null;
  const when = started ? `${started.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" })}, ${report.started.slice(11, 16)} UTC` : null;
  const users = report.users ? figure.plural(report.users, report.url ? "connection" : "user") : null;
  const facts = [when, figure.elapsed(report.duration_s), users,
    report.planned.rate ? `${figure.rate(report.planned.rate)} requests/s asked for` : null,
    figure.plural(report.workers, "worker"), `inrush ${report.inrush}`];
  const about = report.url || report.scenario;
  return el("header", { class: "head" },
    el("div", {},
      el("h1", {}, report.title),
      el("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
      about && about !== report.title ? el("p", { class: "quiet" }, about) : null),
    themeButton());
}

// Follows the system until it is pressed; remembers, where the browser lets it.
function themeButton() {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const store = { get: () => { try { return localStorage.getItem("inrush-theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("inrush-theme", theme); } catch { /* private mode */ } } };
  const now = () => root.dataset.theme || (system.matches ? "dark" : "light");
  const button = el("button", {
    type: "button", id: "theme",
    onclick() {
      root.dataset.theme = now() === "dark" ? "light" : "dark";
      store.set(root.dataset.theme);
      name();
    },
  });
  const name = () => { button.textContent = now() === "dark" ? "Light" : "Dark"; };
  if (["dark", "light"].includes(store.get())) root.dataset.theme = store.get();
  system.addEventListener("change", name);
  name();
  return button;
}

// What came of the run in one line, and how bad that is.
function judgement(report) {
  const failed = report.thresholds.filter((t) => !t.passed).length;
  const all = report.thresholds.length;
  const after = figure.elapsed(report.duration_s);
  const planned = report.planned.duration_s ? ` of ${figure.elapsed(report.planned.duration_s)}` : "";
  if (report.thresholds.some((t) => t.aborted)) return ["bad", `A threshold ended the run after ${after}${planned}`];
  if (report.outcome === "aborted") return ["bad", `Aborted after ${after}${planned}`];
  if (report.exit.status === 3) return ["bad", capital(report.exit.meaning)];
  if (failed) return ["bad", all === 1 ? "The threshold failed" : `${figure.count(failed)} of ${figure.count(all)} thresholds failed`];
  if (report.outcome === "interrupted") return ["warn", `Interrupted after ${after}${planned}`];
  if (report.generator.limited) return ["warn", "The generator was the limit"];
  if (all) return ["good", all === 1 ? "The threshold held" : `All ${figure.count(all)} thresholds held`];
  const { requests, failures } = report.totals;
  if (!failures) return ["good", "Every request succeeded"];
  return failures === requests ? ["bad", "Every request failed"] : ["warn", `${figure.percent(failures, requests)} of the requests failed`];
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function failedText({ requests, failures }) {
  if (!failures) return "none failed";
  return failures === requests ? "all failed" : `${figure.count(failures)} failed (${figure.percent(failures, requests)})`;
}

function verdictSection(report) {
  const [tone, headline] = judgement(report);
  const { totals } = report;
  const latency = totals.latency_ms;
  const sentences = [];
  if (totals.requests) {
    sentences.push(`${figure.plural(totals.requests, "request")} in ${figure.elapsed(report.duration_s)}, ${figure.rate(totals.rps)} per second; ${failedText(totals)}.`);
    if (latency.count) sentences.push(`Half of the answers took at most ${figure.duration(latency.p50)}, 95% ${figure.duration(latency.p95)}, 99% ${figure.duration(latency.p99)}.`);
  }
  if (report.outcome !== "finished") sentences.push(report.reason ? `${capital(micro(report.reason))}; the figures are of that time.` : "The figures are of that time.");
  return el("div", { class: `verdict ${tone}`, id: "verdict", "data-tone": tone },
    el("h2", {}, headline),
    sentences.length ? el("p", {}, sentences.join(" ")) : null,
    el("p", { class: "quiet" }, micro(report.generator.verdict)),
    report.notes.length ? el("ul", {}, report.notes.map((text) => el("li", {}, text))) : null);
}

function cardsSection(report, page) {
  const { totals } = report;
  const latency = totals.latency_ms;
  const time = (ms) => {
    const [n, unit] = figure.duration(ms).split(NO_BREAK);
    return [n, unit ? el("small", {}, ` ${unit}`) : null];
  };
  // A run that was over before its first second has no points to tell.
  const peak = page.users.length ? Math.max(...page.users) : report.url ? report.users : 0;
  const [received, unit] = figure.bytes(totals.bytes).split(" ");
  const cards = [
    ["Requests", figure.count(totals.requests), `${figure.rate(totals.rps)}/s`, totals.requests],
    ["Failed", figure.count(totals.failures), figure.percent(totals.failures, totals.requests), totals.failures],
    ["Median", time(latency.p50), latency.mean === null ? "" : `mean ${figure.duration(latency.mean)}`, latency.p50],
    ["95th percentile", time(latency.p95), "", latency.p95],
    ["99th percentile", time(latency.p99), "", latency.p99],
    ["Slowest", time(latency.max), "", latency.max],
    [report.url ? "Connections" : "Users", peak ? figure.count(peak) : "–", report.users ? `${figure.count(report.users)} planned` : "", peak],
    ["Received", [received, el("small", {}, ` ${unit}`)], `${figure.bytes(totals.bytes_per_s)}/s`, totals.bytes],
  ];
  return el("dl", { class: "cards" }, cards.map(([name, value, aside, raw]) => el("div", { "data-card": name },
    el("dt", {}, name),
    el("dd", { class: `figure${name === "Failed" && raw ? " bad" : ""}`, "data-value": raw }, value),
    el("dd", { class: "aside" }, aside))));
}

// --- tables ---

function violated(t) {
  if (t.violated_s === null) return "";
  return `after ${figure.elapsed(t.violated_s)}${t.aborted ? ", which ended the run" : ""}`;
}

function thresholdsSection(report) {
  const { thresholds } = report;
  if (!thresholds.length) return null;
  const failed = thresholds.filter((t) => !t.passed).length;
  return section("Thresholds", failed ? `${failed} of ${thresholds.length} failed` : `all ${thresholds.length} held`, table([
    { title: "Result", show: (t) => el("span", { class: `pill ${t.passed ? "good" : "bad"}` }, t.passed ? "passed" : "failed") },
    { title: "Threshold", kind: "text", show: (t) => el("code", {}, t.expression) },
    { title: "Found", kind: "number", value: (t) => t.value, show: (t) => micro(t.shown), tone: (t) => (t.passed ? "" : "bad") },
    ...(thresholds.some((t) => t.violated_s !== null) ? [{ title: "First failed", kind: "number", value: (t) => t.violated_s, show: violated }] : []),
  ], thresholds, { fixed: true }));
}

const nameColumns = [
  { title: "Type", value: (s) => s.type },
  { title: "Name", kind: "name", value: (s) => s.name },
];

function timeColumn(title, page, of, hint) {
  return { title, kind: "number", value: of, show: (s) => figure.number(of(s), page.decimals), hint };
}

const failedTone = (s) => (s.failures ? "bad" : "quiet");

function requestsSection(report, page) {
  if (!report.series.length) return null;
  const latency = (key) => (s) => s.latency_ms[key];
  return section("Requests", "times in ms", table([
    ...nameColumns,
    { title: "Requests", kind: "number", value: (s) => s.requests, show: (s) => figure.count(s.requests) },
    { title: "Failed", kind: "number", value: (s) => s.failures, show: (s) => figure.count(s.failures), tone: failedTone },
    { title: "Failed %", kind: "number", value: (s) => s.failure_ratio, show: (s) => figure.percent(s.failures, s.requests), tone: failedTone },
    timeColumn("Mean", page, latency("mean")),
    timeColumn("Min", page, latency("min")),
    timeColumn("Median", page, latency("p50")),
    timeColumn("p95", page, latency("p95")),
    timeColumn("Max", page, latency("max")),
    { title: "Req/s", kind: "number", value: (s) => s.rps, show: (s) => figure.number(s.rps, 2) },
    { title: "Received", kind: "number", value: (s) => s.bytes, show: (s) => figure.bytes(s.bytes) },
  ], report.series, { total: report.series.length > 1 ? report.totals : null }));
}

const PERCENTILES = ["p50", "p66", "p75", "p80", "p90", "p95", "p98", "p99", "p99.9", "p99.99"];

// which: a key of the series, such as latency_ms; those without it are left out.
function percentileTable(report, page, which) {
  const rows = report.series.filter((s) => s[which]);
  const columns = [...nameColumns,
    ...PERCENTILES.map((p) => timeColumn(`${p.slice(1)}%`, page, (s) => s[which][p])),
    timeColumn("100%", page, (s) => s[which].max)];
  return table(columns, rows, { total: rows.length > 1 && report.totals[which] ? report.totals : null });
}

function percentilesSection(report, page) {
  if (!report.totals.latency_ms.count) return null;
  const untimed = report.totals.requests - report.totals.latency_ms.count;
  const service = report.series.some((s) => s.service_ms);
  const parts = [section("Percentiles of the response time", service ? "in ms, from when the request was due" : "in ms",
    percentileTable(report, page, "latency_ms"),
    untimed > 0 ? note(`Without the ${figure.plural(untimed, "request")} that broke off without an answer.`) : null)];
  if (service) parts.push(section("Percentiles of the service time", "in ms, from when the request was sent", percentileTable(report, page, "service_ms")));
  if (report.series.some((s) => s.first_byte_ms)) parts.push(section("Percentiles of the time to the first byte", "in ms, from when the request was sent", percentileTable(report, page, "first_byte_ms")));
  return parts;
}

const seen = (e) => (e.first_s === e.last_s ? figure.elapsed(e.first_s) : `${figure.elapsed(e.first_s)} … ${figure.elapsed(e.last_s)}`);

function failuresSection(report) {
  if (!report.errors.length) return null;
  return section("Failed requests", "the most frequent first", table([
    { title: "Count", kind: "number", value: (e) => e.count, show: (e) => figure.count(e.count), tone: () => "bad" },
    { title: "Reason", kind: "text", value: (e) => e.message },
    { title: "Kind", value: (e) => e.kind },
    { title: "Series", kind: "name", value: seriesName },
    { title: "When", kind: "number", value: (e) => e.first_s, show: seen },
  ], report.errors));
}

function scriptErrorsSection(report) {
  if (!report.script_errors.length) return null;
  return section("Script errors", "the most frequent first", table([
    { title: "Count", kind: "number", value: (e) => e.count, show: (e) => figure.count(e.count), tone: () => "bad" },
    { title: "Error", kind: "text", value: (e) => e.message, show: (e) => el("div", {}, e.message, e.traceback ? el("pre", {}, e.traceback) : null) },
    { title: "When", kind: "number", value: (e) => e.first_s, show: seen },
  ], report.script_errors));
}

function checksSection(report) {
  if (!report.checks.length) return null;
  const tone = (c) => (c.failures ? "bad" : "quiet");
  return section("Checks", "", table([
    { title: "Result", value: (c) => c.failures, show: (c) => el("span", { class: `pill ${c.failures ? "bad" : "good"}` }, c.failures ? "failed" : "held") },
    { title: "Check", kind: "text", value: (c) => c.name },
    { title: "Passed", kind: "number", value: (c) => c.passes, show: (c) => figure.count(c.passes) },
    { title: "Failed", kind: "number", value: (c) => c.failures, show: (c) => figure.count(c.failures), tone },
    { title: "Failed %", kind: "number", value: (c) => c.failures / (c.passes + c.failures), show: (c) => figure.percent(c.failures, c.passes + c.failures), tone },
  ], report.checks));
}

// A share as a figure and a bar.
function shareCell(part, whole, tone) {
  const width = whole ? (100 * part) / whole : 0;
  return el("span", { style: "white-space: nowrap" }, el("span", { class: `bar ${tone || ""}`, style: `width: ${(width * 0.8).toFixed(2)}px; margin-right: 8px` }), figure.percent(part, whole));
}

function statusesSection(report) {
  const rows = Object.entries(report.totals.statuses).map(([status, count]) => ({ status, count }));
  if (!rows.length) return null;
  const sent = report.series.filter((s) => Object.keys(s.statuses).length).reduce((sum, s) => sum + s.requests, 0);
  const without = sent - rows.reduce((sum, row) => sum + row.count, 0);
  if (without > 0) rows.push({ status: "none", count: without });
  const tone = (row) => (row.status === "none" || Number(row.status) >= 400 ? "bad" : "");
  return section("Status codes", "", table([
    { title: "Status", value: (row) => row.status, tone },
    { title: "Requests", kind: "number", value: (row) => row.count, show: (row) => figure.count(row.count), tone },
    { title: "Share", show: (row) => shareCell(row.count, sent, tone(row)) },
  ], rows, { fixed: true }));
}

function classesSection(report) {
  if (!report.classes.length) return null;
  const reasons = new Map(report.skipped.map((s) => [s.class, s.reason]));
  const all = report.classes.reduce((sum, c) => sum + c.users, 0);
  return section("User classes", "", table([
    { title: "Class", kind: "name", value: (c) => c.name },
    ...(report.classes.some((c) => c.rate) ? [{ title: "Rate", kind: "number", show: (c) => c.rate || "–" }] : []),
    { title: "Users", kind: "number", value: (c) => c.users, show: (c) => (c.skipped ? "–" : figure.count(c.users)) },
    { title: "Share", show: (c) => (c.skipped ? el("span", { class: "pill quiet" }, "skipped") : shareCell(c.users, all)) },
    { title: "Target", kind: "text", value: (c) => (c.skipped ? reasons.get(c.name) : c.target || "–"), tone: (c) => (c.skipped ? "quiet" : "") },
  ], report.classes, { fixed: true }));
}

// --- the scenario's own metrics ---

// As many decimals as the number is worth: none of a whole one.
function amount(n) {
  if (n === null || n === undefined) return "–";
  return figure.number(n, Number.isInteger(n) ? 0 : Math.abs(n) < 10 ? 3 : Math.abs(n) < 1000 ? 2 : 1);
}

function metricValue(m) {
  if (!m.count) return "–";
  if (m.type === "counter") return `${amount(m.value)} (${figure.rate(m.per_s)}/s)`;
  if (m.type === "rate") return figure.percent(m.trues, m.count);
  return amount(m.type === "gauge" ? m.last : m.mean);
}

function metricsSection(report) {
  if (!report.metrics || !report.metrics.length) return null;
  const spread = (title, key) => ({ title, kind: "number", value: (m) => m[key], show: (m) => (m[key] === undefined ? "" : amount(m[key])) });
  return section("Metrics of the scenario", "a counter's sum, a gauge's last value, a rate's share, a trend's mean", table([
    { title: "Metric", kind: "name", value: (m) => m.name, show: (m) => (m.unit ? `${m.name} (${m.unit})` : m.name) },
    { title: "Kind", value: (m) => m.type },
    { title: "Count", kind: "number", value: (m) => m.count, show: (m) => figure.count(m.count) },
    { title: "Value", kind: "number", value: (m) => m.value ?? m.share ?? m.last ?? m.mean, show: metricValue },
    spread("Min", "min"), spread("Median", "p50"), spread("p95", "p95"), spread("p99", "p99"), spread("Max", "max"),
  ], report.metrics));
}

// --- connections, arrivals, warm-up ---

function arrivalsSection(report) {
  const a = report.arrivals;
  if (!a) return null;
  const share = (n) => `${figure.count(n)} (${figure.percent(n, a.due)})`;
  return section("Arrivals", "starts that the schedule asked for", el("div", { class: "panel padded" }, pairs([
    ["Due", figure.count(a.due)],
    ["Started", share(a.started)],
    ["Late", a.late ? share(a.late) : "0"],
    ["Dropped", a.dropped ? el("span", { class: "bad" }, share(a.dropped)) : "0"],
    ["Behind the schedule", a.lag_ms ? spreadText(a.lag_ms) : null],
  ])));
}

const spreadText = (t) => `median ${figure.duration(t.p50)}, 99% at most ${figure.duration(t.p99)}, longest ${figure.duration(t.max)}`;

function connectionsSection(report, page) {
  const rows = [["Connect", "looking the name up included", "connect_ms"], ["TLS handshake", "", "handshake_ms"]]
    .map(([name, hint, key]) => ({ name, hint, times: report.connections && report.connections[key] }))
    .filter((row) => row.times);
  if (!rows.length) return null;
  const time = (title, key) => timeColumn(title, page, (row) => row.times[key]);
  return section("Connections", "times in ms", table([
    { title: "Step", show: (row) => [row.name, row.hint ? el("span", { class: "quiet" }, `, ${row.hint}`) : null] },
    { title: "Count", kind: "number", value: (row) => row.times.count, show: (row) => figure.count(row.times.count) },
    time("Mean", "mean"), time("Min", "min"), time("Median", "p50"), time("p95", "p95"), time("p99", "p99"), time("Max", "max"),
  ], rows, { fixed: true }), report.connections.resumed ? note(`${figure.plural(report.connections.resumed, "handshake")} resumed an earlier session.`) : null);
}

// What the figures leave out.
function warmupNote(report) {
  const w = report.warmup;
  if (!w) return null;
  return note(`Without the warm-up of ${figure.elapsed(w.duration_s)}: ${figure.plural(w.totals.requests, "request")}, of which ${figure.count(w.totals.failures)} failed`
    + `${w.totals.latency_ms.count ? `, half of them answered within ${figure.duration(w.totals.latency_ms.p50)}` : ""}.`);
}

// How often each task began, beside what its weight asks for.
function tasksSection(report) {
  const rows = report.classes.flatMap((c) => {
    const tasks = c.skipped ? [] : c.tasks || [];
    const weights = tasks.reduce((sum, t) => sum + t.weight, 0);
    const counts = tasks.reduce((sum, t) => sum + t.count, 0);
    return tasks.map((t) => ({ class: c.name, ...t, planned: t.weight / weights, counts }));
  });
  if (!rows.some((row) => row.count)) return null;
  return section("Tasks", "shares of the runs of their class", table([
    { title: "Class", kind: "name", value: (t) => t.class },
    { title: "Task", kind: "name", value: (t) => t.name },
    { title: "Weight", kind: "number", value: (t) => t.weight, show: (t) => String(t.weight) },
    { title: "Begun", kind: "number", value: (t) => t.count, show: (t) => figure.count(t.count) },
    { title: "By weight", kind: "number", value: (t) => t.planned, show: (t) => `${(100 * t.planned).toFixed(2)}%` },
    { title: "Measured", value: (t) => t.count / t.counts, show: (t) => shareCell(t.count, t.counts) },
  ], rows));
}

function generatorSection(report) {
  const g = report.generator;
  const lag = g.loop_lag_ms;
  return section("Generator", "", el("div", { class: "columns" }, [
    pairsPanel("Condition", [
      ["Workers", figure.count(report.workers)],
      ["Busy", g.cpu_share === null ? "not known" : `${(100 * g.cpu_share).toFixed(0)}% of the time`],
      ["CPU time", `${figure.number(g.cpu_s, 2)} s`],
      ["Timers late", lag.count ? spreadText(lag) : "not measured"],
      ["In scripts", g.script && g.script.s ? `${(100 * g.script.s / g.wall_s).toFixed(2)}% of the time, at most ${figure.duration(g.script.longest_ms)} at once` : null],
      ["Garbage collection", g.script && g.script.gc_s ? `${(100 * g.script.gc_s / g.wall_s).toFixed(2)}% of the time, at most ${figure.duration(g.script.gc_longest_ms)}` : null],
      ["Workers hung", g.hung ? el("span", { class: "bad" }, figure.count(g.hung)) : null],
    ]),
    pairsPanel("Work and resources", [
      ["Connections opened", figure.count(g.connects) + (g.reconnects ? `, ${figure.count(g.reconnects)} after one had closed` : "")],
      ["Tasks run", g.tasks ? figure.count(g.tasks) : null],
      ["Cut off by the end", g.cancelled ? figure.plural(g.cancelled, "request") + (g.cancelled_longest_ms ? `, one after ${figure.duration(g.cancelled_longest_ms)}` : "") : null],
      ["Memory", g.memory_most_bytes ? figure.bytes(g.memory_most_bytes) : null],
      ["Files open", g.files_most ? `${figure.count(g.files_most)} of ${figure.count(g.files_limit)}` : null],
      ["TCP sockets", g.tcp_sockets_most ? `${figure.count(g.tcp_sockets_most)}; ${figure.count(g.local_ports)} local ports` : null],
    ]),
  ]));
}

function configurationSection(report, page) {
  const { planned } = report;
  return section("Configuration", "", el("div", { class: "panel padded" }, pairs([
    ["Command", report.command ? el("code", {}, report.command) : null],
    ["Scenario", report.scenario],
    ["URL", report.url],
    [report.url ? "Connections" : "Users", figure.count(report.users)],
    ["Stages", page.stages.length ? page.stages.map((s) => `${s.name} from ${figure.moment(Math.round(s.from))}`).join(", ") : null],
    ["Spawn rate", page.stages.length ? null : planned.spawn_rate ? `${Number(planned.spawn_rate)} users/s` : report.url ? null : "all at once"],
    ["Rate", planned.rate ? `${Number(planned.rate)} requests/s` : null],
    ["to", planned.rate_to !== null && planned.rate_to !== undefined ? `${Number(planned.rate_to)} requests/s` : null],
    ["Warm-up", planned.warmup_s ? figure.elapsed(planned.warmup_s) : null],
    ["Duration", planned.duration_s ? figure.elapsed(planned.duration_s) : planned.requests ? null : "until interrupted"],
    ["Requests", planned.requests ? figure.count(planned.requests) : null],
    ["Workers", figure.count(report.workers)],
    ["Seed", page.seed],
    ["Started", report.started],
    ["inrush", report.inrush],
  ])));
}
