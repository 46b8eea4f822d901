/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** Counts up by `by`, default 1. */
  add(labels?: Labels, by?: number): void;
  /** For what is counted elsewhere: the count as it is now. */
  set(value: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
  /** For what is observed elsewhere: how many fell into each bucket (not added up; one more for +Inf), and their sum. */
  set(counts: readonly number[], sum: number, labels?: Labels): void;
}

/** From half a millisecond to a minute, in seconds. */
export const DURATION_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Series of one metric; what would be more goes into one with the value `other`, so that nobody's input fills the memory. */
const SERIES_MAX = 1_000;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Numbers that a process tells of itself, as a page that Prometheus reads (text format 0.0.4). */
export class Metrics {
  readonly #families = new Map<string, Family>();
  readonly #collectors: ((signal: AbortSignal) => void | Promise<void>)[] = [];
  #page: Promise<string> | null = null;

  /** `name` ends in `_total`. Throws on a name that is taken or that Prometheus does not take; so do the others. */
  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    const family = this.#add(new Family(name, help, "counter", labels, []));
    return {
      add: (given = {}, by = 1) => family.series(given).add(by),
      set: (value, given = {}) => family.series(given).set(value),
    };
  }

  /** What is not set anew by a collector before a page is not on it, where `fresh`: series of things that are gone. */
  gauge(name: string, help: string, labels: readonly string[] = [], fresh = labels.length > 0): Gauge {
    const family = this.#add(new Family(name, help, "gauge", labels, [], fresh));
    return { set: (value, given = {}) => family.series(given).set(value) };
  }

  /** `buckets`: upper bounds, ascending; the last one, +Inf, is added. */
  histogram(
    name: string,
    help: string,
    labels: readonly string[] = [],
    buckets: readonly number[] = DURATION_BUCKETS,
  ): Histogram {
    const family = this.#add(new Family(name, help, "histogram", labels, buckets));
    return {
      observe: (value, given = {}) => family.series(given).observe(value, buckets),
      set: (counts, sum, given = {}) => family.series(given).replace(counts, sum),
    };
  }

  /** Called before each page, to set gauges. What fails leaves its gauges out and is counted. */
  collect(collector: (signal: AbortSignal) => void | Promise<void>): void {
    this.#collectors.push(collector);
  }

  /**
   * The page. Resolves, with what there is, when a collector fails. Who asks while one is being made gets that one: each begins by forgetting
   * what the one before has set. A collector that has not answered when `signal` aborts has failed.
   */
  page(signal: AbortSignal): Promise<string> {
    this.#page ??= this.#write(signal).finally(() => {
      this.#page = null;
    });
    return this.#page;
  }

  async #write(signal: AbortSignal): Promise<string> {
    for (const family of this.#families.values()) family.begin();
    const { promise: late, reject } = Promise.withResolvers<never>();
    late.catch(() => undefined); // there may be nobody who waits for it
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const results = await Promise.allSettled(
      this.#collectors.map(async (collector) => await Promise.race([collector(signal), late])),
    );
    signal.removeEventListener("abort", onAbort);
    const failed = results.filter(({ status }) => status === "rejected").length;
    const lines = [...this.#families.values()].flatMap((family) => family.lines());
    lines.push(
      "# HELP ingot_metrics_collectors_failed Parts that could not be asked for this page.",
      "# TYPE ingot_metrics_collectors_failed gauge",
      `ingot_metrics_collectors_failed ${failed}`,
    );
    return `${lines.join("\n")}\n`;
  }

  #add(family: Family): Family {
    if (this.#families.has(family.name)) throw new Error(`two metrics ${family.name}`);
    this.#families.set(family.name, family);
    return family;
  }
}

class Series {
  value = 0;
  sum = 0;
  /** By bucket, not yet added up; the last one is +Inf. */
  readonly counts: number[];
  readonly labels: readonly (readonly [string, string])[];

  constructor(labels: readonly (readonly [string, string])[], buckets: number) {
    this.labels = labels;
    this.counts = new Array<number>(buckets + 1).fill(0);
  }

  add(by: number): void {
    this.value += by;
  }

  set(value: number): void {
    this.value = value;
  }

  replace(counts: readonly number[], sum: number): void {
    for (const at of this.counts.keys()) this.counts[at] = counts[at] ?? 0;
    this.sum = sum;
  }

  observe(value: number, buckets: readonly number[]): void {
    let at = 0;
    while (at < buckets.length && value > buckets[at]!) at++;
    this.counts[at]!++;
    this.sum += value;
  }
}

class Family {
  readonly name: string;
  readonly #help: string;
  readonly #type: "counter" | "gauge" | "histogram";
  readonly #labelNames: readonly string[];
  readonly #buckets: readonly number[];
  readonly #fresh: boolean;
  readonly #series = new Map<string, Series>();

  constructor(
    name: string,
    help: string,
    type: "counter" | "gauge" | "histogram",
    labelNames: readonly string[],
    buckets: readonly number[],
    fresh = false,
  ) {
    if (!NAME.test(name)) throw new Error(`no name of a metric: ${name}`);
    const bad = labelNames.find((one) => !LABEL.test(one) || one.startsWith("__") || one === "le");
    if (bad !== undefined) throw new Error(`no name of a label: ${bad}`);
    this.name = name;
    this.#help = help;
    this.#type = type;
    this.#labelNames = labelNames;
    this.#buckets = buckets;
    this.#fresh = fresh;
    if (labelNames.length === 0) this.series({});
  }

  begin(): void {
    if (this.#fresh) this.#series.clear();
  }

  series(labels: Labels): Series {
    const values = this.#labelNames.map((name) => labels[name] ?? "");
    const known = this.#find(values);
    if (known !== undefined) return known;
    const isFull = this.#series.size >= SERIES_MAX;
    const kept = isFull ? values.map(() => "other") : values;
    const again = isFull ? this.#find(kept) : undefined;
    if (again !== undefined) return again;
    const series = new Series(
      this.#labelNames.map((name, at) => [name, kept[at]!] as const),
      this.#type === "histogram" ? this.#buckets.length : 0,
    );
    this.#series.set(kept.join("\0"), series);
    return series;
  }

  #find(values: readonly string[]): Series | undefined {
    return this.#series.get(values.join("\0"));
  }

  lines(): string[] {
    if (this.#series.size === 0) return [];
    const lines = [
      `# HELP ${this.name} ${this.#help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${this.name} ${this.#type}`,
    ];
    for (const { labels, value, counts, sum } of this.#series.values()) {
      if (this.#type !== "histogram") {
        lines.push(`${this.name}${labelText(labels)} ${numberText(value)}`);
        continue;
      }
      let total = 0;
      for (const [at, count] of counts.entries()) {
        total += count;
        const bound = at < this.#buckets.length ? numberText(this.#buckets[at]!) : "+Inf";
        lines.push(`${this.name}_bucket${labelText([...labels, ["le", bound]])} ${total}`);
      }
      lines.push(`${this.name}_sum${labelText(labels)} ${numberText(sum)}`);
      lines.push(`${this.name}_count${labelText(labels)} ${total}`);
    }
    return lines;
  }
}

function labelText(labels: readonly (readonly [string, string])[]): string {
  if (labels.length === 0) return "";
  const pairs = labels.map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.toWellFormed().replace(/[\\"\n]/g, (sign) => (sign === "\n" ? "\\n" : `\\${sign}`));
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
