// How the response times of one series are distributed: a histogram on a
// logarithmic scale, and the percentiles up to the last request.

const DISTRIBUTION_HEIGHT = 250;

// Bin i of the page's histograms counts whole microseconds: below 64 one value
// each, above 32 bins for each power of two.
const BINS = 32;

function binLow(i) {
  if (i < 2 * BINS) return i;
  const shift = Math.floor(i / BINS) - 1;
  return ((i % BINS) + BINS) * 2 ** shift;
}

// A frame with a vertical axis: {root, left, right, top, bottom}.
function plotFrame(plot, label) {
  const width = plot.clientWidth || 500, height = DISTRIBUTION_HEIGHT;
  return {
    root: svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }),
    left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom, height,
  };
}

function horizontalLine(frame, className, y, name) {
  const at = Math.round(y) + 0.5;
  frame.root.append(
    svg("line", { class: className, x1: frame.left, x2: frame.right, y1: at, y2: at }),
    svg("text", { x: frame.left - 8, y: at + 4, "text-anchor": "end" }, name));
}

function bottomTick(frame, x, name) {
  const anchor = x > frame.right - 18 ? "end" : "middle";
  frame.root.append(svg("text", { x: anchor === "end" ? frame.right : x, y: frame.height - 6, "text-anchor": anchor }, name));
}

// A panel that draws itself anew when its width changes: {element, show}.
function distributionPanel(title, aside, draw) {
  const panel = { detail: null, width: 0 };
  const plot = el("div", { class: "plot", style: "cursor: default" });
  const tooltip = el("div", { class: "tooltip", hidden: true });
  panel.element = el("div", { class: "panel chart" },
    el("div", { class: "chart-head" }, el("h3", {}, title, el("span", { class: "quiet" }, ` ${aside}`))), plot, tooltip);
  const tell = (event, rows) => {
    tooltip.hidden = !rows;
    if (!rows) return;
    tooltip.replaceChildren(...rows.map((row) => el("div", {}, row)));
    const x = event.clientX - panel.element.getBoundingClientRect().left;
    const flip = x + 20 + tooltip.offsetWidth > panel.element.clientWidth;
    tooltip.style.left = `${flip ? Math.max(0, x - 12 - tooltip.offsetWidth) : x + 12}px`;
    tooltip.style.top = `${plot.offsetTop + 8}px`;
  };
  const redraw = () => {
    panel.width = plot.clientWidth;
    plot.replaceChildren(draw(plot, panel.detail, tell));
  };
  panel.show = (detail) => {
    panel.detail = detail;
    redraw();
  };
  plot.addEventListener("pointerleave", (event) => tell(event, null));
  new ResizeObserver(() => {
    if (panel.detail && Math.abs(plot.clientWidth - panel.width) >= 1) redraw();
  }).observe(plot);
  return panel;
}

// [{low, high, count, below}]: bounds in ms, `below` with all lower bins; so
// many of the data's bins are taken together in one.
function binsOf(detail, together) {
  const bins = [];
  let below = 0;
  for (let i = 0; i < detail.bins.length; i += 2) {
    const place = Math.floor(detail.bins[i] / together) * together;
    const count = detail.bins[i + 1];
    below += count;
    const last = bins[bins.length - 1];
    if (last && last.place === place) {
      last.count += count;
      last.below = below;
    } else {
      bins.push({ place, low: binLow(place) / 1000, high: binLow(place + together) / 1000, count, below });
    }
  }
  return bins;
}

// No more columns than can be told apart.
const COLUMN_LEAST = 5; // pixels

function binsThatFit(detail, pixels) {
  for (const together of [1, 2, 4, 8, 16]) {
    const bins = binsOf(detail, together);
    if (!bins.length) return bins;
    const octaves = Math.log2(bins[bins.length - 1].high / Math.max(bins[0].low, 0.001));
    if ((octaves * BINS) / together <= pixels / COLUMN_LEAST || together === 16) return bins;
  }
  return [];
}

function drawHistogram(plot, detail, tell) {
  const frame = plotFrame(plot, "Histogram of the response times");
  const bins = binsThatFit(detail, frame.right - frame.left);
  if (!bins.length) return frame.root;
  const total = bins[bins.length - 1].below;
  const min = Math.max(bins[0].low, 0.001), max = bins[bins.length - 1].high;
  const most = Math.max(...bins.map((bin) => bin.count));
  const x = logScale(min, max, frame.left, frame.right);
  const y = linearScale((100 * most) / total, frame.bottom, frame.top, 4);
  for (const tick of y.ticks) horizontalLine(frame, tick ? "grid" : "axis", y.at(tick), `${tickLabel(tick, y.step)}%`);
  for (const tick of x.ticks) bottomTick(frame, x.at(tick), figure.tick(tick));
  const columns = svg("g", { class: "line-1" });
  for (const bin of bins) {
    const [a, b] = [x.at(Math.max(bin.low, min)), x.at(bin.high)];
    const top = Math.min(y.at((100 * bin.count) / total), frame.bottom - 1); // one request can be seen
    columns.append(svg("rect", {
      class: "column", x: a.toFixed(1), y: top.toFixed(1), width: Math.max(1, b - a - 0.7).toFixed(1), height: (frame.bottom - top).toFixed(1),
      onpointermove: (event) => tell(event, [
        `${figure.duration(bin.low)} – ${figure.duration(bin.high)}`,
        el("strong", {}, `${figure.plural(bin.count, "request")}, ${figure.percent(bin.count, total)}`),
        el("span", { class: "quiet" }, `${figure.percent(bin.below, total)} up to here`)]),
      onpointerleave: (event) => tell(event, null),
    }));
  }
  frame.root.append(columns);
  return frame.root;
}

// The k-th value of a spectrum is at the share 1 - 2^(-k/4) of the requests.
function drawSpectrum(plot, detail, tell) {
  const values = detail.spectrum;
  const frame = plotFrame(plot, `Percentiles; the longest took ${figure.duration(detail.longest)}`);
  if (!values.length) return frame.root;
  const nines = (k) => (k / 4) * Math.log10(2);
  const most = Math.max(nines(values.length - 1), 1);
  const x = (n) => frame.left + ((frame.right - frame.left) * n) / most;
  const y = linearScale(detail.longest, frame.bottom, frame.top, 5);
  for (const tick of y.ticks) horizontalLine(frame, tick ? "grid" : "axis", y.at(tick), figure.tick(tick));
  if (x(Math.log10(2)) - x(0) > 32) bottomTick(frame, x(0), "0%");
  bottomTick(frame, x(Math.log10(2)), "50%");
  for (let n = 1; n <= most; n++) {
    const at = x(n);
    frame.root.append(svg("line", { class: "grid", x1: at, x2: at, y1: frame.top, y2: frame.bottom }));
    bottomTick(frame, at, `${n === 1 ? "90" : n === 2 ? "99" : `99.${"9".repeat(n - 2)}`}%`);
  }
  const path = values.map((value, k) => `${x(nines(k)).toFixed(1)},${y.at(value).toFixed(1)}`);
  frame.root.append(svg("g", { class: "line-1" },
    svg("path", { class: "line", d: `M${path.join("L")}L${frame.right},${y.at(detail.longest).toFixed(1)}` })));
  const dot = svg("circle", { class: "dot line-1", r: 3.5, visibility: "hidden" });
  frame.root.append(dot, svg("rect", {
    x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top, fill: "transparent",
    onpointermove(event) {
      const at = event.clientX - plot.getBoundingClientRect().left;
      const k = Math.min(Math.max(Math.round(((at - frame.left) / (frame.right - frame.left)) * most * 4 / Math.log10(2)), 0), values.length - 1);
      dot.setAttribute("cx", x(nines(k)));
      dot.setAttribute("cy", y.at(values[k]));
      dot.setAttribute("visibility", "visible");
      tell(event, [
        el("strong", {}, figure.duration(values[k])),
        el("span", { class: "quiet" }, `${shareLabel(k)} of the requests took at most so long`)]);
    },
    onpointerleave: () => dot.setAttribute("visibility", "hidden"),
  }));
  return frame.root;
}

// "99.95%": as many decimals as the distance from 100 asks for.
function shareLabel(k) {
  const rest = 100 * 2 ** (-k / 4);
  return `${(100 - rest).toFixed(Math.max(0, Math.ceil(1 - Math.log10(rest))))}%`;
}
