import type { Interface } from "node:readline";
import type { CliDeps } from "./deps.ts";
import { CliError } from "./errors.ts";
import type { Ui } from "./ui.ts";

/** Questions to the person at the terminal. All throw `CliError("EOF")` when the input ends. cli: util/ui/prompt.go */
export class Prompts {
  readonly #deps: CliDeps;
  readonly #ui: Ui;
  /** One reader for all questions of a run: a second one would miss lines that the first has already taken in. */
  #piped: { readonly reader: Interface; readonly lines: AsyncIterator<string> } | null = null;

  constructor(deps: CliDeps, ui: Ui) {
    this.#deps = deps;
    this.#ui = ui;
  }

  async text(label: string): Promise<string> {
    for (;;) {
      const answer = await this.#line(`${label}: `);
      if (answer !== "") return answer;
    }
  }

  /** Nothing typed is shown. */
  async password(label: string): Promise<string> {
    for (;;) {
      const prompt = `${label}: `;
      const answer = this.#deps.stdin.isTTY ? await this.#hidden(prompt) : await this.#line(prompt, false);
      if (answer !== "") return answer;
    }
  }

  /** No unless the answer is yes. */
  async yesNo(question: string): Promise<boolean> {
    return /^y(es)?$/i.test((await this.#line(`${question} [yN]: `)).trim());
  }

  /** One of the choices by number or name; null for none (just Enter). Throws for a name that is not among them. */
  async choice(title: string, choices: readonly string[], label: string): Promise<string | null> {
    for (;;) {
      this.#ui.text(title);
      choices.forEach((choice, index) => void this.#ui.text(`${index + 1}. ${choice}`));
      this.#ui.text();
      const answer = (await this.#line(`${label} (enter to skip): `)).trim();
      if (answer === "") return null;
      if (!/^\d+$/.test(answer)) {
        if (choices.includes(answer)) return answer;
        throw new CliError(`${label === "Org" ? "Organization" : label} '${answer}' not found.`);
      }
      const chosen = choices[Number(answer) - 1];
      if (chosen !== undefined) return chosen;
    }
  }

  close(): void {
    this.#piped?.reader.close();
    this.#piped = null;
  }

  async #line(prompt: string, echo = true): Promise<string> {
    const { stdin, stdout, signal } = this.#deps;
    const { createInterface } = await import("node:readline");
    if (!stdin.isTTY) {
      if (this.#piped === null) {
        const reader = createInterface({ input: stdin });
        this.#piped = { reader, lines: reader[Symbol.asyncIterator]() };
      }
      stdout.write(prompt);
      const next = await this.#piped.lines.next();
      if (next.done === true) throw new CliError("EOF");
      stdout.write(`${echo ? next.value : ""}\n`); // what a terminal would show
      return next.value;
    }
    const reader = createInterface({ input: stdin, output: stdout, terminal: true });
    try {
      return await new Promise<string>((done, reject) => {
        reader.once("SIGINT", () => reject(new CliError("", 130)));
        reader.once("close", () => reject(new CliError("EOF")));
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        reader.question(prompt, done);
      });
    } finally {
      reader.close();
    }
  }

  #hidden(prompt: string): Promise<string> {
    const { stdin, stdout } = this.#deps;
    stdout.write(prompt);
    stdin.setRawMode?.(true);
    stdin.resume();
    return new Promise<string>((done, reject) => {
      let typed = "";
      const end = (finish: () => void): void => {
        stdin.off("data", onData);
        stdin.setRawMode?.(false);
        stdin.pause();
        stdout.write("\n");
        finish();
      };
      const endOf = (character: string): (() => void) | null => {
        if (character === "\r" || character === "\n") return () => done(typed);
        if (character === "\u0003") return () => reject(new CliError("", 130));
        return character === "\u0004" ? () => reject(new CliError("EOF")) : null;
      };
      const onData = (bytes: Buffer): void => {
        for (const character of bytes.toString()) {
          const finish = endOf(character);
          if (finish !== null) {
            end(finish);
            return;
          }
          if (character === "\u007f" || character === "\b") typed = typed.slice(0, -1);
          else typed += character;
        }
      };
      stdin.on("data", onData);
    });
  }
}
