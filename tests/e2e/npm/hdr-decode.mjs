// Reads an interval log with HdrHistogram's own library: `node hdr-decode.mjs LOG`.
// Prints JSON: the histograms as they come, and for each tag all of them added.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const hdr = createRequire(`${process.env.INRUSH_NPM}/package.json`)('hdr-histogram-js');

const PERCENTILES = [0, 50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100];
const NS_PER_MS = 1e6;

function figures(histogram) {
    const at = (percentile) => histogram.getValueAtPercentile(percentile) / NS_PER_MS;
    return {
        tag: histogram.tag || null,
        count: histogram.totalCount,
        mean: histogram.mean / NS_PER_MS,
        percentiles: Object.fromEntries(PERCENTILES.map((p) => [p, at(p)])),
    };
}

const log = readFileSync(process.argv[2], 'utf8');
const reader = new hdr.HistogramLogReader(log, 64);
const intervals = [];
const sums = new Map();
for (let read; (read = reader.nextIntervalHistogram()) != null;) {
    intervals.push({
        ...figures(read),
        start_ms: read.startTimeStampMsec,
        end_ms: read.endTimeStampMsec,
    });
    const sum = sums.get(read.tag);
    if (sum)
        sum.add(read);
    else
        sums.set(read.tag, read);
}
console.log(JSON.stringify({
    started_s: reader.startTimeSec,
    intervals,
    sums: [...sums].map(([tag, sum]) => ({ ...figures(sum), tag: tag || null })),
}));
