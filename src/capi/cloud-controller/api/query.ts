/** A query string as Rails reads it: `a=1&b[c]=2` → `{ a: "1", b: { c: "2" } }`; the last of equal names wins. */
export type Query = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** Takes the part after `?`. Names nested deeper than one level stay one name. */
export function parseQuery(search: string): Query {
  const query: Record<string, string | Record<string, string>> = Object.create(null);
  for (const [name, value] of new URLSearchParams(search)) {
    const nested = /^([^[\]]+)\[([^\]]*)\]$/.exec(name);
    if (nested === null) {
      query[name] = value;
      continue;
    }
    const [, outer = "", inner = ""] = nested;
    const holder = query[outer];
    if (typeof holder === "object") holder[inner] = value;
    else query[outer] = Object.assign(Object.create(null), { [inner]: value });
  }
  return query;
}
