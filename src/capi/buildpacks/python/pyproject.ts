/** `requires-python` of a pyproject.toml, or poetry's `python`; undefined when it says none. Only these lines are read. */
export function requiresPython(text: string): string | undefined {
  const project = section(text, "project");
  const required = /^\s*requires-python\s*=\s*["']([^"']+)["']/m.exec(project)?.[1];
  if (required !== undefined) return required;
  const poetry = /^\s*python\s*=\s*["']([^"']+)["']/m.exec(section(text, "tool.poetry.dependencies"))?.[1];
  if (poetry === undefined || poetry === "*") return undefined;
  // Poetry's caret: the next major version is excluded.
  const caret = /^\^(\d+)((?:\.\d+)*)$/.exec(poetry.trim());
  if (caret !== null) return `>=${caret[1]}${caret[2]},<${Number(caret[1]) + 1}`;
  const tilde = /^~(\d+\.\d+)(\.\d+)?$/.exec(poetry.trim());
  if (tilde !== null) return `==${tilde[1]}.*`;
  return /^[<>=!~\d.*,\s]+$/.test(poetry) ? poetry.replace(/^(\d)/, "==$1") : undefined;
}

/** The lines of a table, up to the next one. */
function section(text: string, name: string): string {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.trim().replace(/\s*#.*$/, "") === `[${name}]`);
  if (from < 0) return "";
  const to = lines.findIndex((line, at) => at > from && /^\s*\[/.test(line));
  return lines.slice(from + 1, to < 0 ? undefined : to).join("\n");
}
