import assert from "node:assert/strict";
import { type Answer, type BootedUaa, FORM } from "./boot-uaa.ts";

/** A browser that keeps cookies, reads forms and follows no redirects by itself. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #uaa: Pick<BootedUaa, "send">;

  constructor(uaa: Pick<BootedUaa, "send">) {
    this.#uaa = uaa;
  }

  async get(path: string): Promise<Answer> {
    return this.#keep(await this.#uaa.send("GET", path, this.#headers()));
  }

  async post(path: string, form: Record<string, string> | string[][]): Promise<Answer> {
    const body = new URLSearchParams(form).toString();
    return this.#keep(await this.#uaa.send("POST", path, { ...this.#headers(), ...FORM }, body));
  }

  /** Fills in and sends the form of a page. */
  async submit(page: Answer, fields: Record<string, string>): Promise<Answer> {
    const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1];
    assert.ok(action !== undefined, `no form in:\n${page.text}`);
    return await this.post(unescapeHtml(action), { ...hiddenFields(page.text), ...fields });
  }

  async signIn(userName: string, password: string, path = "/login"): Promise<Answer> {
    return await this.submit(await this.get(path), { username: userName, password });
  }

  #headers(): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return { accept: "text/html", ...(cookie === "" ? {} : { cookie }) };
  }

  #keep(answer: Answer): Answer {
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (line.includes("Max-Age=0")) this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
    return answer;
  }
}

export function hiddenFields(html: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, name, value] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
    fields[name!] = unescapeHtml(value!);
  }
  return fields;
}

/** Where an answer sends the browser. */
export function locationOf(answer: Answer): URL {
  const location = answer.headers.get("location");
  assert.ok(location !== null, `${answer.status} without a location: ${answer.text.slice(0, 300)}`);
  return new URL(location, "https://uaa.cf.localhost:8443");
}

function unescapeHtml(text: string): string {
  const entities: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity]!);
}
