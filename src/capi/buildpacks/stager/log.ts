import { writeSync } from "node:fs";

const RED = "\u001b[31;1m";
const BLUE = "\u001b[34;1m";
const PLAIN = "\u001b[0m";

/** Lines in the look that Cloud Foundry's buildpacks share: arrow for a step, seven columns for the rest. */
export class BuildpackLog {
  readonly #write: (text: string) => void;

  /** By default to standard output, at once: scripts and npm write there too. */
  constructor(write: (text: string) => void = (text) => writeFully(text)) {
    this.#write = write;
  }

  step(text: string): void {
    this.#print("----->", text);
  }

  info(text: string): void {
    this.#print("      ", text);
  }

  warning(text: string): void {
    this.#print(`       ${RED}**WARNING**${PLAIN}`, text);
  }

  error(text: string): void {
    this.#print(`       ${RED}**ERROR**${PLAIN}`, text);
  }

  tip(text: string, address: string): void {
    this.#print(`       ${BLUE}PRO TIP:${PLAIN}`, text);
    this.#print("       Visit", address);
  }

  #print(head: string, text: string): void {
    this.#write(`${head} ${text.replaceAll("\n", "\n       ")}\n`);
  }
}

function writeFully(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}
