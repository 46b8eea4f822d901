/**
 * Whether a client may get its codes at this address. A registered address covers itself and, when it ends in `*`
 * or `**`, what its pattern matches (`*` one path segment, `**` any). UAA: AntPathRedirectResolver
 */
export function isRedirectAllowed(registered: readonly string[], wanted: string): boolean {
  if (!URL.canParse(wanted)) return false;
  const target = new URL(wanted);
  if (target.username !== "" || target.password !== "" || target.hash !== "") return false;
  const address = `${target.protocol}//${target.host}${target.pathname}`;
  return registered.some((pattern) => {
    if (!pattern.includes("*")) {
      if (!URL.canParse(pattern)) return false;
      const own = new URL(pattern);
      return own.origin === target.origin && own.pathname === target.pathname;
    }
    return antPattern(pattern).test(address);
  });
}

function antPattern(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? ".*" : part === "*" ? "[^/]*" : part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")))
    .join("");
  return new RegExp(`^${source}$`);
}
