/** What of an app's package.json decides how it is built and started. */
export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly engines: { readonly node: string; readonly npm: string; readonly yarn: string; readonly pnpm: string };
  readonly scripts: Readonly<Record<string, string>>;
  /** Packages to install in production. */
  readonly dependencies: number;
  readonly devDependencies: number;
  /** Folders of further packages in the same repository. */
  readonly hasWorkspaces: boolean;
  /** `yarn@4.1.0`, as Corepack reads it; without the hash. */
  readonly packageManager: { readonly name: string; readonly version: string } | null;
}

/** Throws with a message for the developer when the text is no package.json. */
export function parsePackageJson(text: string): PackageJson {
  const document: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
  if (!isFields(document)) throw new Error("package.json is not an object");
  const engines = fieldsOf(document["engines"]);
  if (textOf(engines["iojs"]) !== "") throw new Error("io.js not supported by this buildpack");
  const scripts = Object.entries(fieldsOf(document["scripts"])).flatMap(([name, script]) =>
    typeof script === "string" ? [[name, script] as const] : [],
  );
  const manager = /^(npm|yarn|pnpm)@([^+]+)/.exec(textOf(document["packageManager"]));
  const workspaces = document["workspaces"];
  return {
    name: textOf(document["name"]),
    version: textOf(document["version"]),
    engines: {
      node: textOf(engines["node"]).trim(),
      npm: textOf(engines["npm"]).trim(),
      yarn: textOf(engines["yarn"]).trim(),
      pnpm: textOf(engines["pnpm"]).trim(),
    },
    scripts: Object.fromEntries(scripts),
    dependencies: count(document["dependencies"]) + count(document["optionalDependencies"]),
    devDependencies: count(document["devDependencies"]),
    hasWorkspaces: Array.isArray(workspaces) ? workspaces.length > 0 : count(workspaces) > 0,
    packageManager: manager === null ? null : { name: manager[1]!, version: manager[2]! },
  };
}

/** An app without package.json, supplied with Node because another buildpack asked for it. */
export const NO_PACKAGE_JSON: PackageJson = parsePackageJson("{}");

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown): number {
  return isFields(value) ? Object.keys(value).length : 0;
}
