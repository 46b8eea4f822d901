import { styleText } from "node:util";
import type { CliDeps, CliOutput } from "./deps.ts";
import { displayWidth, keyValueLines, type Row, tableLines } from "./table.ts";

type Style = Parameters<typeof styleText>[0];

/** What the user sees. Results go to stdout; warnings and error texts to stderr. cli: util/ui */
export class Ui {
  readonly #out: CliOutput;
  readonly #err: CliOutput;
  readonly #color: boolean;
  readonly #deferred: string[] = [];
  readonly isTty: boolean;

  constructor(deps: CliDeps, colorSetting: string) {
    this.#out = deps.stdout;
    this.#err = deps.stderr;
    this.isTty = deps.stdout.isTTY === true;
    const wanted = deps.env["CF_COLOR"] ?? colorSetting;
    this.#color = wanted === "true" || (wanted !== "false" && this.isTty);
  }

  text(line = ""): void {
    this.#out.write(`${line}\n`);
  }

  /** Without a newline. */
  write(bytes: string | Uint8Array): void {
    this.#out.write(bytes);
  }

  /** Values stand out: flavor`Creating org ${name}...`. */
  flavor(parts: TemplateStringsArray, ...values: readonly (string | number)[]): void {
    let line = parts[0]!;
    for (const [index, value] of values.entries()) {
      line += this.bright(String(value)) + parts[index + 1]!;
    }
    this.text(line);
  }

  /** A value as it stands out in a line that is put together elsewhere. */
  bright(value: string): string {
    return this.#styled(["cyan", "bold"], value);
  }

  header(line: string): void {
    this.text(this.#styled("bold", line));
  }

  ok(): void {
    this.text(`${this.#styled(["green", "bold"], "OK")}\n`);
  }

  failed(): void {
    this.text(this.#styled(["red", "bold"], "FAILED"));
  }

  warn(line: string): void {
    this.#err.write(`${line}\n`);
  }

  /** Printed when the command has ended. */
  defer(line: string): void {
    this.#deferred.push(line);
  }

  flushDeferred(): void {
    for (const line of this.#deferred.splice(0)) this.text(line);
  }

  /** Columns aligned; the first row is the heading. */
  table(rows: readonly Row[], prefix = ""): void {
    const [head, ...rest] = rows;
    if (head === undefined) return;
    const bold = head.map((cell) => this.#styled("bold", cell));
    for (const line of tableLines([bold, ...rest])) this.text(prefix + line);
  }

  /** Two columns without a heading; long values wrap on a terminal. Rows that are null are left out. */
  keyValues(rows: readonly (Row | null)[], prefix = ""): void {
    const shown = rows.filter((row): row is Row => row !== null);
    const lines = this.isTty ? keyValueLines(shown, (this.#out.columns ?? 80) - prefix.length) : tableLines(shown);
    for (const line of lines) this.text(prefix + line);
  }

  added(line: string): void {
    this.text(this.#styled("green", line));
  }

  removed(line: string): void {
    this.text(this.#styled("red", line));
  }

  alarm(text: string): string {
    return this.#styled(["red", "bold"], text);
  }

  red(text: string): string {
    return this.#styled("red", text);
  }

  /** Replaces the current line of a terminal; nothing when the output is no terminal. */
  progress(line: string): void {
    if (!this.isTty) return;
    const columns = this.#out.columns ?? 80;
    const shown = displayWidth(line) >= columns ? line.slice(0, columns - 1) : line;
    this.#out.write(`\r${shown}\u001b[K`);
  }

  #styled(style: Style, text: string): string {
    return this.#color && text !== "" ? styleText(style, text, { validateStream: false }) : text;
  }
}
