/** Text as HTML; also safe inside double-quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}

/** What pages are served with: no scripts, nothing from elsewhere, no frames. Forms may lead on to a client's address. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action *";

/** A whole page around `body`, which is HTML. Works without scripts and in a text browser. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>
:root{color-scheme:light dark;--back:#eef1f4;--card:#fff;--text:#1c2733;--line:#6b7a89;--accent:#12588f;--error:#a11}
@media(prefers-color-scheme:dark){:root{--back:#12181e;--card:#1d262f;--text:#e6ebf0;--line:#8b9aa9;--accent:#2f7dbd;--error:#ff8f8f}}
body{font:16px/1.5 system-ui,sans-serif;background:var(--back);color:var(--text);display:grid;place-items:center;min-height:100vh;margin:0}
main{background:var(--card);padding:2rem;border-radius:.5rem;box-shadow:0 1px 6px #0003;width:min(24rem,85vw)}
h1{font-size:1.3rem;margin-top:0}h2{font-size:1.05rem;margin-bottom:.3rem}label{display:block;margin:.8rem 0 .2rem}
input:not([type=checkbox]){width:100%;box-sizing:border-box;padding:.5rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.3rem}
button{margin:1.2rem .5rem 0 0;padding:.5rem 1.2rem;font:inherit;border:0;border-radius:.3rem;background:var(--accent);color:#fff}
a{color:inherit}.error{color:var(--error)}code{font-size:1.1rem;word-break:break-all}
</style></head><body><main>${body}</main></body></html>
`;
}

export function errorPage(text: string): string {
  return page("Error", `<h1>That did not work</h1>\n<p class="error" role="alert">${escapeHtml(text)}</p>`);
}

/** The hidden fields of a form. */
export function hidden(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join("\n");
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: "password" | "email";
  /** What a password manager fills in. */
  readonly autocomplete: string;
  readonly value?: string;
}

/** A labelled field; the first of a form takes the focus. */
export function field({ name, label, type, autocomplete, value = "" }: Field, isFirst = false): string {
  const id = escapeHtml(name);
  return `<label for="${id}">${escapeHtml(label)}</label><input id="${id}" name="${id}" type="${type ?? "text"}" autocomplete="${autocomplete}" value="${escapeHtml(value)}"${isFirst ? " autofocus" : ""} required>`;
}

export function notice(text: string | null, kind: "error" | "status" = "error"): string {
  if (text === null) return "";
  const role = kind === "error" ? 'class="error" role="alert"' : 'role="status"';
  return `<p ${role}>${escapeHtml(text)}</p>\n`;
}
