/** Roots of the container that programs name; longer ones first. Without namespaces they lie somewhere else. */
const INNER_ROOTS = ["/home/vcap", "/var/vcap", "/tmp", "/etc/cf-instance-credentials", "/etc/cf-system-certificates"];
const BEFORE = `(^|[\\s"'=:,;(\`])`;
const AFTER = `(?=$|[/\\s"':,;)\`])`;

/** A path inside the container as a path of the machine. */
export function innerPathOf(root: string, path: string): string {
  return path === "/" || path.startsWith("/") ? `${root}${path}` : path;
}

/**
 * Text (an argument, a variable's value) in which paths of the container lead to where they really are. Only known roots
 * are looked for, and only where a path can begin: `https://host/tmp` stays as it is.
 */
export function withInnerPaths(root: string, text: string): string {
  return text.replace(
    new RegExp(`${BEFORE}(${INNER_ROOTS.join("|")})${AFTER}`, "g"),
    (_match, before: string, path: string) => `${before}${root}${path}`,
  );
}
