import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Metrics } from "./metrics.ts";

const { signal } = new AbortController();
const END = /# HELP ingot_metrics_collectors_failed [\s\S]*$/;
const pageOf = async (metrics: Metrics): Promise<string> => (await metrics.page(signal)).replace(END, "");

test("counters, gauges and histograms are written as Prometheus reads them", async () => {
  const metrics = new Metrics();
  const asked = metrics.counter("asked_total", "Requests.\nA \\ line.", ["code"]);
  asked.add({ code: "200" });
  asked.add({ code: "200" }, 2);
  asked.add({ code: 'a"b\\c\nd' });
  metrics.gauge("rooms", "Rooms.").set(Number.POSITIVE_INFINITY);
  const took = metrics.histogram("took_seconds", "How long.", [], [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 2]) took.observe(value);
  assert.equal(
    await pageOf(metrics),
    `# HELP asked_total Requests.\\nA \\\\ line.
# TYPE asked_total counter
asked_total{code="200"} 3
asked_total{code="a\\"b\\\\c\\nd"} 1
# HELP rooms Rooms.
# TYPE rooms gauge
rooms +Inf
# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 2
took_seconds_bucket{le="1"} 3
took_seconds_bucket{le="+Inf"} 4
took_seconds_sum 2.65
took_seconds_count 4
`,
  );
});

test("gauges of things that are gone are gone; a collector that fails is told and hurts no other", async () => {
  const metrics = new Metrics();
  const cells = metrics.gauge("cells", "Cells.", ["cell"]);
  let known = ["a", "b"];
  metrics.collect(() => {
    for (const cell of known) cells.set(1, { cell });
  });
  metrics.collect(async () => {
    throw new Error("no answer");
  });
  assert.match(await metrics.page(signal), /cells\{cell="a"\} 1\ncells\{cell="b"\} 1\n/);
  known = ["b"];
  const page = await metrics.page(signal);
  assert.doesNotMatch(page, /cell="a"/);
  assert.match(page, /ingot_metrics_collectors_failed 1\n$/);
});

test("of two that ask at once both get the whole page, and a collector that never answers holds up none of them for ever", async () => {
  const metrics = new Metrics();
  const cells = metrics.gauge("cells", "Cells.", ["cell"]);
  metrics.collect(async () => {
    cells.set(1, { cell: "a" });
    await new Promise((resolve) => setImmediate(resolve));
    cells.set(1, { cell: "b" });
  });
  const first = metrics.page(signal);
  await Promise.resolve();
  const pages = await Promise.all([first, metrics.page(signal)]);
  for (const page of pages) assert.match(page, /cells\{cell="a"\} 1\ncells\{cell="b"\} 1\n/);
  metrics.collect(() => new Promise(() => undefined));
  const limit = new AbortController();
  const asked = metrics.page(limit.signal);
  setImmediate(() => setImmediate(() => limit.abort(new Error("late"))));
  assert.match(await asked, /cell="b"[\s\S]*ingot_metrics_collectors_failed 1\n$/);
});

test("however many labels come, the page stays small", async () => {
  const metrics = new Metrics();
  const asked = metrics.counter("asked_total", "Requests.", ["path"]);
  for (let n = 0; n < 5_000; n++) asked.add({ path: `/${n}` });
  const lines = (await pageOf(metrics)).trimEnd().split("\n");
  assert.equal(lines.length, 2 + 1_001);
  assert.equal(lines.at(-1), 'asked_total{path="other"} 4000');
});

test("names that Prometheus does not take, and the same one twice, are refused", () => {
  const metrics = new Metrics();
  for (const name of ["1a", "a-b", ""]) assert.throws(() => metrics.counter(name, ""));
  for (const label of ["le", "__x", "a-b"]) assert.throws(() => metrics.counter("a_total", "", [label]));
  metrics.counter("a_total", "");
  assert.throws(() => metrics.gauge("a_total", ""));
});

test("property: whatever a label's value, each line is one series and its value is read back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), async (value) => {
      const metrics = new Metrics();
      metrics.counter("a_total", "", ["x"]).add({ x: value });
      const [, , line, ...more] = (await pageOf(metrics)).trimEnd().split("\n");
      assert.deepEqual(more, []);
      const [, text = ""] = /^a_total\{x="((?:[^"\\]|\\.)*)"\} 1$/s.exec(line!) ?? [];
      const read = text.replace(/\\(.)/gs, (_, sign: string) => (sign === "n" ? "\n" : sign));
      assert.equal(read, value.toWellFormed());
    }),
  );
});
