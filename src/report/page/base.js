// Building elements and writing figures as the console report writes them.

// An element. Children that are strings become text, never markup: names and
// messages in a report come from scripts and servers.
function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const NO_BREAK = "\u00a0"; // between a number and its unit

const figure = {
  // "1,234.57"; "–" for what was not measured.
  number(n, decimals = 0) {
    if (n === null || n === undefined || !Number.isFinite(n)) return "–";
    const [whole, fraction] = n.toFixed(decimals).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return fraction ? `${grouped}.${fraction}` : grouped;
  },

  count(n) {
    return figure.number(n, 0);
  },

  // As exact as three significant digits, and whole above a hundred.
  rate(n) {
    return figure.number(n, n < 10 ? 2 : n < 100 ? 1 : 0);
  },

  // "430 µs", "12.3 ms", "4.20 s".
  duration(ms) {
    if (ms === null || ms === undefined) return "–";
    if (ms === 0) return `0${NO_BREAK}ms`;
    if (ms < 0.9995) return `${figure.significant(ms * 1000)}${NO_BREAK}µs`;
    if (ms < 999.5) return `${figure.significant(ms)}${NO_BREAK}ms`;
    return `${figure.significant(ms / 1000)}${NO_BREAK}s`;
  },

  // The same for round values: "5 ms".
  tick(ms) {
    const [n, unit] = ms >= 1000 ? [ms / 1000, "s"] : ms >= 1 || ms === 0 ? [ms, "ms"] : [ms * 1000, "µs"];
    return `${Number(n.toPrecision(3))} ${unit}`;
  },

  significant(n) {
    return figure.number(n, n < 9.995 ? 2 : n < 99.95 ? 1 : 0);
  },

  // Never 0.00% or 100.00% for what is neither.
  percent(part, whole) {
    if (!whole) return "–";
    const percent = (100 * part) / whole;
    if (part > 0 && percent < 0.005) return "<0.01%";
    if (part < whole && percent >= 99.995) return ">99.99%";
    return `${percent.toFixed(2)}%`;
  },

  bytes(n) {
    for (const unit of ["B", "kB", "MB", "GB", "TB"]) {
      if (n < 999.5 || unit === "TB") return unit === "B" ? `${figure.count(n)} B` : `${figure.significant(n)} ${unit}`;
      n /= 1000;
    }
    return "–";
  },

  // "22 ms", "9.8 s", "1m 30s", "2h 05m": a span of the run.
  elapsed(seconds) {
    if (seconds > 0 && seconds < 0.95) return figure.duration(seconds * 1000);
    if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
    const whole = Math.round(seconds);
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    return h ? `${h}h ${String(m).padStart(2, "0")}m` : `${m}m ${String(s).padStart(2, "0")}s`;
  },

  // "1:05", "1:02:05": a moment of the run.
  moment(seconds) {
    const tenths = Math.round(seconds * 10);
    const whole = Math.floor(tenths / 10);
    const two = (n) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const text = h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
    return tenths % 10 ? `${text}.${tenths % 10}` : text;
  },

  plural(n, word) {
    return `${figure.count(n)} ${word}${n === 1 ? "" : "s"}`;
  },
};
