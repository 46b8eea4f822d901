import { readFileSync } from "node:fs";
import { join } from "node:path";

const DEFAULT_REGISTRY = "https://registry.npmjs.org/";

/** What of npm's configuration matters for fetching a package. */
export interface NpmConfig {
  /** Ends in a slash. */
  readonly registry: string;
  /** Headers that the registry wants; hold secrets, never printed. */
  readonly headers: Readonly<Record<string, string>>;
  /** File with further certificate authorities. */
  readonly caFile: string | null;
}

/** Environment, the app's .npmrc, the user's: the first that names a setting wins, as with npm itself. */
export function npmConfig(appDir: string, env: Readonly<Record<string, string | undefined>>): NpmConfig {
  const files = [join(appDir, ".npmrc"), join(env["HOME"] ?? "/", ".npmrc"), "/etc/npmrc"];
  const settings = new Map<string, string>();
  for (const file of files.reverse()) {
    for (const [name, value] of parseNpmrc(read(file), env)) settings.set(name, value);
  }
  for (const [name, value] of Object.entries(env)) {
    if (value && /^npm_config_/i.test(name)) {
      const setting = name.slice("npm_config_".length);
      settings.set(setting.startsWith("//") ? setting : setting.toLowerCase().replaceAll("_", "-"), value);
    }
  }
  const registry = (settings.get("registry") ?? DEFAULT_REGISTRY).replace(/\/*$/, "/");
  return { registry, headers: authorization(registry, settings), caFile: settings.get("cafile") ?? null };
}

/** `name = value` lines; `;` and `#` start comments; `${NAME}` is replaced. */
export function parseNpmrc(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): (readonly [name: string, value: string])[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) return [];
    const value = match[2]!
      .replace(/^(["'])(.*)\1$/, "$2")
      .replace(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole);
    return [[match[1]!, value] as const];
  });
}

/** Credentials are kept under the registry's address without scheme, or that of a folder above it. */
function authorization(registry: string, settings: ReadonlyMap<string, string>): Record<string, string> {
  let key = registry.replace(/^[a-z]+:/i, "");
  while (key.length > 2) {
    const token = settings.get(`${key}:_authToken`) ?? settings.get(`${key.replace(/\/$/, "")}:_authToken`);
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    const basic = settings.get(`${key}:_auth`);
    if (basic !== undefined) return { authorization: `Basic ${basic}` };
    const [user, password] = [settings.get(`${key}:username`), settings.get(`${key}:_password`)];
    if (user !== undefined && password !== undefined) {
      const plain = Buffer.from(password, "base64").toString();
      return { authorization: `Basic ${Buffer.from(`${user}:${plain}`).toString("base64")}` };
    }
    key = key
      .replace(/[^/]*\/?$/, "")
      .replace(/\/?$/, "/")
      .replace(/\/\/$/, "//");
    if (!/^\/\/[^/]/.test(key)) break;
  }
  return {};
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // absent or unreadable: npm goes on as well
  }
}
