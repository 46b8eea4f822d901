export const PRIVATE = "[PRIVATE]";

/** Letters of base64, base64url, hex, tokens and what passwords in URLs are encoded with; nothing that ends a JSON string. */
const WORD = "[^\\s\"'\\\\&,;<>{}()\\[\\]]";
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // Authorization headers, wherever they are quoted.
  [new RegExp(`\\b(bearer|basic)(\\s+|%20)${WORD}{6,}`, "gi"), `$1 ${PRIVATE}`],
  // JSON Web Tokens. Each word is looked at once, from its beginning, and only when points follow.
  [/(?<![\w-])(?=[\w-]+\.[\w-]+\.)([\w-]*?)\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, `$1${PRIVATE}`],
  // Passwords in URLs. Of the scheme only the end is looked at: a search for its beginning would go over long words again and again.
  [/([a-z0-9+.-]:\/\/[^\s"'\\/:@]*):[^\s"'\\/@]+@/gi, `$1:${PRIVATE}@`],
  // Parameters of queries and forms.
  [
    new RegExp(
      `\\b((?:access_|refresh_|id_|client_)?(?:token|secret|assertion)|password|passcode|apikey|api_key)=${WORD}+`,
      "gi",
    ),
    `$1=${PRIVATE}`,
  ],
  [new RegExp(`\\b(code|signature)=${WORD}{8,}`, "gi"), `$1=${PRIVATE}`],
  // Fields of JSON that was put into a text or into a line. A row of backslashes is tried from its beginning alone.
  [
    /((?<!\\)\\*"[^"\\]{0,64}(?:password|secret|credential|authorization|cookie|private_?key|access_?token|refresh_?token|api_?key)[^"\\]{0,64}\\*"\s*:\s*\\*")((?:[^"\\]|\\[^"])+)(\\*")/gi,
    `$1${PRIVATE}$3`,
  ],
  // Private keys in PEM.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, PRIVATE],
];

/** A line of a log without what looks like a secret. The second net: what is logged should hold none to begin with. */
export function redact(line: string): string {
  let text = line;
  for (const [pattern, instead] of PATTERNS) text = text.replace(pattern, instead);
  return text;
}
