/** A PostgreSQL's URL. It shows itself without its password, wherever it is printed, logged or made JSON. */
export class DatabaseUrl {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** Null when it is none: `postgres://user:password@host:5432/name`; parameters are those of the driver (`?sslmode=verify-full`). */
  static parse(text: string): DatabaseUrl | null {
    const url = URL.parse(text);
    if (url === null || !["postgres:", "postgresql:"].includes(url.protocol)) return null;
    return url.host === "" || url.pathname.length < 2 ? null : new DatabaseUrl(text);
  }

  /** With its password, for the driver alone. */
  reveal(): string {
    return this.#url;
  }

  toString(): string {
    const url = new URL(this.#url);
    if (url.password !== "") url.password = HIDDEN;
    for (const name of [...url.searchParams.keys()]) {
      if (/pass/i.test(name)) url.searchParams.set(name, HIDDEN);
    }
    return url.toString();
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

const HIDDEN = "***";
