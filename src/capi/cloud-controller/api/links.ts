export interface Link {
  readonly href: string;
  readonly method?: string;
}

/** Builds absolute links of this API. Values that go into a path are encoded. */
export class Links {
  readonly #base: string;

  /** @param base `https://api.cf.localhost:8443`, no trailing slash. */
  constructor(base: string) {
    this.#base = base;
  }

  href(path: string): string {
    return `${this.#base}${path}`;
  }

  /** `{ href }`, with `method` for actions. */
  to(path: string, method?: string): Link {
    return method === undefined ? { href: this.href(path) } : { href: this.href(path), method };
  }
}
