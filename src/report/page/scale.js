// Where values go in a drawing, and which of them an axis names.

// A point is a second or more.
const STEPS_OF_TIME = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

// The smallest of 1, 2 and 5 times a power of ten that is at least x.
function niceStep(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  const step = [1, 2, 5, 10].find((n) => n * power >= x * (1 - 1e-9));
  return step * power;
}

function ticksBy(step, from, to) {
  const ticks = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

// Times of the run: about `most` round ones.
function timeTicks(from, to, most) {
  const wanted = (to - from) / Math.max(most, 1);
  const step = STEPS_OF_TIME.find((s) => s >= wanted) || Math.ceil(wanted / 86400) * 86400;
  return ticksBy(step, from, to);
}

// From 0 to a round number at or above max.
function linearScale(max, low, high, most, integer) {
  let step = niceStep((max > 0 ? max : 1) / most);
  if (integer && step < 1) step = 1;
  const top = Math.max(step, Math.ceil((max / step) * (1 - 1e-9)) * step);
  return {
    at: (value) => low + ((high - low) * value) / top,
    ticks: ticksBy(step, 0, top),
    step,
  };
}

// Decades, with 2 and 5 where there is room for them.
function logScale(min, max, low, high) {
  const from = Math.log10(min), to = Math.max(Math.log10(max), from + 0.3);
  const between = to - from < 1.5 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = Math.floor(from); power <= Math.ceil(to); power++)
    for (const n of between) {
      const value = n * 10 ** power;
      if (value >= min * 0.999 && value <= max * 1.001) ticks.push(value);
    }
  return {
    at: (value) => low + ((high - low) * (Math.log10(Math.max(value, min)) - from)) / (to - from),
    from: (x) => 10 ** (from + ((x - low) / (high - low)) * (to - from)),
    ticks,
  };
}

// The name of a tick: no more decimals than its step asks for.
function tickLabel(value, step) {
  if (value >= 1e6) return `${Number((value / 1e6).toFixed(2))}M`;
  if (value >= 1e4) return `${Number((value / 1e3).toFixed(2))}k`;
  return figure.number(value, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}
