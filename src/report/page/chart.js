// Charts over time. Several share a view: the span of time they show and the
// point that the cursor is at, so that all of them tell of the same moment.

const CHART_HEIGHT = 190;
const EMPTY_HEIGHT = 76; // of a chart of nothing but zeros
const MARGIN = { left: 58, right: 14, top: 8, bottom: 24 };

// starts, ends: of the points, in seconds since the load started.
function makeView(starts, ends) {
  const whole = [0, ends.length ? ends[ends.length - 1] : 1];
  const listeners = [];
  const view = {
    starts, ends, whole,
    span: whole,
    cursor: null,
    middle: (i) => (starts[i] + ends[i]) / 2,
    zoomed: () => view.span !== whole,
    listen: (on) => listeners.push(on),
    changed: (what) => listeners.forEach((on) => on(what)),
    // A span is never shorter than two points.
    zoom(from, to) {
      const least = ends.length ? (2 * whole[1]) / ends.length : 1;
      if (to - from < least) [from, to] = [(from + to - least) / 2, (from + to + least) / 2];
      from = Math.max(whole[0], from);
      to = Math.min(whole[1], to);
      view.span = to - from >= (whole[1] - whole[0]) * 0.999 ? whole : [from, to];
      view.changed("span");
    },
    reset() {
      view.span = whole;
      view.changed("span");
    },
    point(i) {
      view.cursor = i === null || !ends.length ? null : Math.min(Math.max(i, 0), ends.length - 1);
      view.changed("cursor");
    },
    // The points that are at least partly shown.
    shown() {
      let [first, last] = [0, ends.length - 1];
      while (first < last && ends[first] < view.span[0]) first++;
      while (last > first && starts[last] > view.span[1]) last--;
      return [first, last];
    },
    nearest(seconds) {
      const i = ends.findIndex((end) => end >= seconds);
      return i < 0 ? ends.length - 1 : i;
    },
  };
  return view;
}

// spec: {title, unit, lines, show(value), integer, duration, marks, none}
// lines: [{name, className, values, area, step, hidden}], values null where
// nothing was measured. setLines(lines) shows others of the same shape.
function timeChart(view, spec) {
  const hidden = new Set(spec.lines.filter((line) => line.hidden).map((line) => line.name));
  const chart = { view, spec, lines: spec.lines, hidden, log: false, width: 0 };
  chart.legend = el("div", { class: "legend" });
  chart.plot = el("div", {
    class: "plot", tabindex: 0, role: "group", "aria-roledescription": "chart",
    "aria-label": `${spec.title} over time. Arrow keys move the cursor, plus and minus zoom, 0 shows all.`,
  });
  chart.tooltip = el("div", { class: "tooltip", hidden: true });
  chart.live = el("span", { "aria-live": "polite", style: "position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden" });
  chart.element = el("div", { class: "panel chart" },
    el("div", { class: "chart-head" }, el("h3", {}, spec.title, spec.unit ? el("span", { class: "quiet" }, ` ${spec.unit}`) : null), chart.legend),
    chart.plot, chart.tooltip, chart.live);
  chart.redraw = () => drawChart(chart);
  chart.setLines = (lines) => {
    chart.lines = lines;
    drawChart(chart);
  };
  chart.setLog = (log) => {
    chart.log = log;
    drawChart(chart);
  };
  buildLegend(chart);
  listenToPointer(chart);
  listenToKeys(chart);
  view.listen((what) => (what === "span" ? drawChart(chart) : drawCursor(chart)));
  new ResizeObserver(() => {
    if (Math.abs(chart.plot.clientWidth - chart.width) >= 1) drawChart(chart);
  }).observe(chart.plot);
  return chart;
}

function visibleLines(chart) {
  return chart.lines.filter((line) => !chart.hidden.has(line.name));
}

function buildLegend(chart) {
  chart.figures = new Map();
  for (const line of chart.lines) {
    const value = el("b", {});
    chart.figures.set(line.name, value);
    chart.legend.append(el("button", {
      type: "button", "aria-pressed": String(!chart.hidden.has(line.name)), title: `Show or hide ${line.name}`,
      onclick(event) {
        if (!chart.hidden.delete(line.name)) chart.hidden.add(line.name);
        event.currentTarget.setAttribute("aria-pressed", String(!chart.hidden.has(line.name)));
        drawChart(chart);
      },
    }, el("i", { class: line.className }), el("span", {}, line.name), value));
  }
}

// --- drawing ---

function drawChart(chart) {
  const { view, spec } = chart;
  chart.width = chart.plot.clientWidth || 900;
  const lines = visibleLines(chart);
  const extent = extentOf(lines, view);
  const empty = lines.length && extent.max === 0 && spec.none;
  const width = chart.width, height = chart.height = empty ? EMPTY_HEIGHT : CHART_HEIGHT;
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const [from, to] = view.span;
  chart.x = (seconds) => left + ((right - left) * (seconds - from)) / (to - from || 1);
  chart.seconds = (x) => from + ((to - from) * (x - left)) / (right - left);
  const y = chart.y = chart.log && extent.max > 0
    ? logScale(extent.min, extent.max, bottom, top)
    : linearScale(extent.max, bottom, top, 4, spec.integer);
  const name = spec.duration ? figure.tick : (value) => tickLabel(value, y.step || value);

  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": describeChart(chart, lines, extent) });
  const clip = `clip-${spec.title.replace(/\W+/g, "-")}`;
  root.append(svg("clipPath", { id: clip }, svg("rect", { x: left, y: 0, width: Math.max(0, right - left), height })));
  for (const tick of empty ? [0] : y.ticks) {
    const at = Math.round(y.at(tick)) + 0.5;
    root.append(svg("line", { class: tick === 0 ? "axis" : "grid", x1: left, x2: right, y1: at, y2: at }));
    root.append(svg("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, empty ? "0" : name(tick)));
  }
  if (chart.log) root.append(svg("line", { class: "axis", x1: left, x2: right, y1: bottom + 0.5, y2: bottom + 0.5 }));
  for (const tick of timeTicks(from, to, (right - left) / 90)) {
    const at = chart.x(tick);
    const anchor = at > right - 16 ? "end" : "middle";
    root.append(svg("text", { x: anchor === "end" ? right : at, y: height - 6, "text-anchor": anchor }, figure.moment(tick)));
  }
  const inside = svg("g", { "clip-path": `url(#${clip})` });
  drawMarks(chart, inside, top, bottom);
  for (const line of lines) inside.append(svg("g", { class: line.className }, drawLine(chart, line, bottom)));
  chart.overlay = svg("g", {});
  root.append(inside, chart.overlay);
  if (empty) root.append(svg("text", { x: (left + right) / 2, y: (top + bottom) / 2, "text-anchor": "middle" }, spec.none));
  chart.plot.replaceChildren(root);
  drawCursor(chart);
}

// The largest value that is shown, and the smallest above 0.
function extentOf(lines, view) {
  const [first, last] = view.shown();
  let max = 0, min = Infinity;
  for (const line of lines)
    for (let i = first; i <= last; i++) {
      const value = line.values[i];
      if (value > max) max = value;
      if (value > 0 && value < min) min = value;
    }
  return { max, min: min === Infinity ? 0.001 : min };
}

function describeChart(chart, lines, extent) {
  const [from, to] = chart.view.span.map(figure.moment);
  return `${chart.spec.title} from ${from} to ${to}: ${lines.map((line) => line.name).join(", ")}; at most ${chart.spec.show(extent.max)}`;
}

const SIGN_WIDTH = 6.5; // about, of a mark's name

// The name as far as there is room for it before the next mark.
function markName(name, room) {
  const signs = [...name], fit = Math.floor(room / SIGN_WIDTH);
  if (signs.length <= fit) return name;
  return fit < 3 ? "" : `${signs.slice(0, fit - 1).join("")}…`;
}

// Spans and moments of the run that are worth knowing, in order: {from, to, name}.
function drawMarks(chart, group, top, bottom) {
  const { marks } = chart.spec;
  const right = chart.width - MARGIN.right;
  for (const [i, mark] of marks.entries()) {
    const x = chart.x(mark.from);
    const next = marks.slice(i + 1).find((other) => other.from > mark.from);
    if (mark.to !== undefined)
      group.append(svg("rect", { class: "shade", x, y: top, width: Math.max(0, chart.x(mark.to) - x), height: bottom - top }));
    else group.append(svg("line", { class: "mark", x1: x, x2: x, y1: top, y2: bottom }));
    const shown = Math.max(x, MARGIN.left) + 5; // also of a stage that began before what is shown
    const end = Math.min(next ? chart.x(next.from) : right, right);
    group.append(svg("text", { class: "mark-name", x: shown, y: top + 11 }, markName(mark.name, end - shown)));
  }
}

function drawLine(chart, line, bottom) {
  const { view } = chart;
  const [first, last] = view.shown();
  const runs = []; // of points without a gap
  let run = null;
  for (let i = Math.max(0, first - 1); i <= Math.min(view.ends.length - 1, last + 1); i++) {
    const value = line.values[i];
    if (value === null || value === undefined) {
      run = null;
      continue;
    }
    if (!run) runs.push((run = []));
    const y = chart.y.at(value);
    if (line.step) run.push([chart.x(view.starts[i]), y], [chart.x(view.ends[i]), y]);
    else run.push([chart.x(view.middle(i)), y]);
  }
  return runs.flatMap((points) => {
    if (points.length === 1) return [svg("circle", { class: "dot", cx: points[0][0], cy: points[0][1], r: 2.5 })];
    const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L");
    const parts = [svg("path", { class: "line", d: `M${path}` })];
    if (line.area) {
      const [x0, x1] = [points[0][0], points[points.length - 1][0]].map((x) => x.toFixed(1));
      parts.unshift(svg("path", { class: "area", d: `M${x0},${bottom}L${path}L${x1},${bottom}Z` }));
    }
    return parts;
  });
}

function drawCursor(chart) {
  const { view, spec } = chart;
  const i = view.cursor;
  for (const line of chart.lines) {
    const value = i === null ? null : line.values[i];
    chart.figures.get(line.name).textContent = i === null ? "" : spec.show(value);
  }
  if (!chart.overlay) return;
  chart.overlay.replaceChildren();
  if (chart.drag) drawSelection(chart);
  const x = i === null ? -1 : Math.round(chart.x(view.middle(i))) + 0.5;
  if (x < MARGIN.left || x > chart.width - MARGIN.right) {
    chart.tooltip.hidden = true;
    return;
  }
  chart.overlay.append(svg("line", { class: "cursor", x1: x, x2: x, y1: MARGIN.top, y2: chart.height - MARGIN.bottom }));
  for (const line of visibleLines(chart)) {
    const value = line.values[i];
    if (value !== null && value !== undefined)
      chart.overlay.append(svg("circle", { class: `dot ${line.className}`, cx: x, cy: chart.y.at(value), r: 3 }));
  }
  drawTooltip(chart, i, x);
}

function drawSelection(chart) {
  const [a, b] = [chart.drag.from, chart.drag.to].sort((m, n) => m - n);
  chart.overlay.append(svg("rect", { class: "selection", x: a, y: MARGIN.top, width: b - a, height: chart.height - MARGIN.bottom - MARGIN.top }));
}

function drawTooltip(chart, i, x) {
  const { view, spec, tooltip } = chart;
  tooltip.hidden = !chart.active;
  if (!chart.active) return;
  const rows = visibleLines(chart).map((line) =>
    el("tr", {}, el("td", { class: line.className }, "●"), el("td", {}, line.name), el("td", { class: "number" }, el("strong", {}, spec.show(line.values[i])))));
  const when = `${figure.moment(view.starts[i])} – ${figure.moment(view.ends[i])}`;
  tooltip.replaceChildren(el("div", { class: "quiet" }, when), el("table", {}, el("tbody", {}, rows)));
  const at = chart.plot.offsetLeft + x;
  const flip = at + 20 + tooltip.offsetWidth > chart.element.clientWidth;
  tooltip.style.left = `${flip ? Math.max(0, at - 14 - tooltip.offsetWidth) : at + 14}px`;
  tooltip.style.top = `${chart.plot.offsetTop + 10}px`;
}

// --- pointer and keys ---

const DRAG_LEAST = 5; // pixels; less is a click

function listenToPointer(chart) {
  const { view, plot } = chart;
  const within = (event) => {
    const x = event.clientX - plot.getBoundingClientRect().left;
    return Math.min(Math.max(x, MARGIN.left), chart.width - MARGIN.right);
  };
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    chart.drag = { from: within(event), to: within(event) };
  });
  plot.addEventListener("pointermove", (event) => {
    const x = within(event);
    chart.active = true;
    if (chart.drag) chart.drag.to = x;
    view.point(view.nearest(chart.seconds(x)));
  });
  plot.addEventListener("pointerup", () => {
    const drag = chart.drag;
    chart.drag = null;
    if (drag && Math.abs(drag.to - drag.from) >= DRAG_LEAST) {
      const [a, b] = [drag.from, drag.to].sort((m, n) => m - n);
      view.zoom(chart.seconds(a), chart.seconds(b));
    } else {
      drawCursor(chart);
    }
  });
  const leave = () => {
    chart.active = false;
    chart.drag = null;
    view.point(null);
  };
  plot.addEventListener("pointercancel", leave);
  plot.addEventListener("pointerleave", () => chart.drag || leave());
  plot.addEventListener("blur", leave);
  plot.addEventListener("dblclick", () => view.reset());
}

function zoomBy(chart, factor) {
  const { view } = chart;
  const [from, to] = view.span;
  const center = view.cursor === null ? (from + to) / 2 : view.middle(view.cursor);
  view.zoom(center - (center - from) * factor, center + (to - center) * factor);
}

function listenToKeys(chart) {
  const { view } = chart;
  const move = (by) => {
    const [first, last] = view.shown();
    view.point(view.cursor === null ? (by > 0 ? first : last) : Math.min(Math.max(view.cursor + by, first), last));
  };
  const keys = {
    ArrowLeft: (event) => move(event.shiftKey ? -10 : -1),
    ArrowRight: (event) => move(event.shiftKey ? 10 : 1),
    Home: () => view.point(view.shown()[0]),
    End: () => view.point(view.shown()[1]),
    "+": () => zoomBy(chart, 0.5),
    "=": () => zoomBy(chart, 0.5),
    "-": () => zoomBy(chart, 2),
    0: () => view.reset(),
    Escape: () => view.reset(),
  };
  chart.plot.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    chart.active = true;
    keys[event.key](event);
    const i = view.cursor;
    if (i !== null)
      chart.live.textContent = `${figure.moment(view.ends[i])}: ${visibleLines(chart).map((line) => `${line.name} ${chart.spec.show(line.values[i])}`).join(", ")}`;
  });
}
