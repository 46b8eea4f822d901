import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { CliDeps } from "./deps.ts";
import type { HttpAnswer, HttpCall } from "./http.ts";

const HIDDEN = "[PRIVATE DATA HIDDEN]";

/** Prints requests and answers for `-v` and CF_TRACE, without secrets. cli: util/ui/request_logger_terminal_display.go */
export class Trace {
  readonly #write: ((text: string) => void)[] = [];
  readonly #deps: CliDeps;

  /** @param verbose `-v`. `CF_TRACE`: `true` prints, a path appends to that file. */
  constructor(deps: CliDeps, verbose: boolean, configured: string) {
    this.#deps = deps;
    const wanted = deps.env["CF_TRACE"] ?? configured;
    const isSwitch = /^(true|false|1|0|)$/i.test(wanted);
    if (verbose || /^(true|1)$/i.test(wanted)) this.#write.push((text) => void deps.stdout.write(text));
    if (!isSwitch) {
      const path = resolve(deps.cwd, wanted);
      mkdirSync(dirname(path), { recursive: true });
      this.#write.push((text) => appendFileSync(path, text, { mode: 0o600 }));
    }
  }

  get isOn(): boolean {
    return this.#write.length > 0;
  }

  request(call: HttpCall, headers: Readonly<Record<string, string>>): void {
    if (!this.isOn) return;
    const url = new URL(call.url);
    const lines = [
      `REQUEST: [${this.#now()}]`,
      `${call.method} ${hideParams(url.pathname + url.search)} HTTP/1.1`,
      `Host: ${url.host}`,
    ];
    lines.push(...headerLines(headers));
    const type = headers["content-type"] ?? "";
    if (typeof call.body === "string" && type.includes("json")) lines.push(sanitizeJson(call.body));
    else if (call.body !== undefined) lines.push(`[${type.split(";")[0]} Content Hidden]`);
    this.#emit(lines);
  }

  response(answer: HttpAnswer): void {
    if (!this.isOn) return;
    const lines = [`RESPONSE: [${this.#now()}]`, `HTTP/1.1 ${answer.status} ${answer.statusText}`];
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
    lines.push(...headerLines(headers));
    const type = answer.headers["content-type"] ?? "";
    if (type.includes("json")) lines.push(sanitizeJson(answer.body.toString()));
    else if (answer.body.length > 0) lines.push(`[${type.split(";")[0]} Content Hidden]`);
    this.#emit(lines);
  }

  #now(): string {
    return new Date(this.#deps.clock.nowMs()).toISOString();
  }

  #emit(lines: readonly string[]): void {
    for (const write of this.#write) write(`${lines.join("\n")}\n\n`);
  }
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.replaceAll(/(^|-)[a-z]/g, (part) => part.toUpperCase()), value])
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(
      ([name, value]) => `${name}: ${/^(Authorization|Set-Cookie|Cookie)$/.test(name) ? HIDDEN : hideParams(value)}`,
    );
}

function hideParams(text: string): string {
  return text
    .replaceAll(/([?&](?:password|code|token|passcode)=)[^&\s]*/gi, `$1${HIDDEN}`)
    .replaceAll(/(\w+:\/\/[^:/\s]+):[^@/\s]+@/g, `$1:${HIDDEN}@`);
}

/** Values of keys that speak of tokens, passwords or secrets are hidden at any depth. */
export function sanitizeJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(hide(value), null, 2);
  } catch {
    return text === "" ? "" : "[Content Hidden]";
  }
}

function hide(value: unknown): unknown {
  if (typeof value === "string") return hideParams(value);
  if (Array.isArray(value)) return value.map(hide);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    /token|password|secret/i.test(key) ? HIDDEN : hide(inner),
  ]);
  return Object.fromEntries(entries) as unknown;
}
