/** A browser of a few lines: keeps cookies by host, follows no redirect by itself. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  /** A public address and where it really listens. */
  readonly #mapped: ReadonlyMap<string, string>;

  constructor(mapped: ReadonlyMap<string, string>) {
    this.#mapped = mapped;
  }

  async open(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    const response = await fetch(url.replace(origin, this.#mapped.get(origin) ?? origin), {
      redirect: "manual",
      headers: { accept: "text/html", cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const equals = pair.indexOf("=");
      jar.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    return response;
  }

  /** Where the answer sends it, absolute. */
  static next(response: Response, from: string): string {
    return new URL(response.headers.get("location") ?? "", from).toString();
  }

  /** Follows redirects until a page comes, or one that starts with `stopAt`. */
  async follow(
    url: string,
    form?: Readonly<Record<string, string>>,
    stopAt?: string,
  ): Promise<{ url: string; response: Response }> {
    let response = await this.open(url, form);
    let at = url;
    for (let step = 0; step < 20 && response.status >= 300 && response.status < 400; step++) {
      at = Browser.next(response, at);
      if (stopAt !== undefined && at.startsWith(stopAt)) break;
      response = await this.open(at);
    }
    return { url: at, response };
  }
}
