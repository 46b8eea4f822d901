import type { PackageJson } from "./package-json.ts";

/** Which of the files that decide about building an app has. */
export interface AppFiles {
  readonly packageJson: boolean;
  readonly packageLock: boolean;
  readonly shrinkwrap: boolean;
  readonly yarnLock: boolean;
  readonly pnpmLock: boolean;
  readonly nodeModules: boolean;
  readonly serverJs: boolean;
  readonly procfile: boolean;
}

export type Tool = "npm" | "yarn" | "pnpm";

export interface BuildPlan {
  readonly tool: Tool;
  /** The app brings its node_modules: native parts are rebuilt, missing ones added. */
  readonly vendored: boolean;
  /** Nothing to install and nothing to run: no package manager is needed. */
  readonly nothingToDo: boolean;
  /** Whether devDependencies get installed. */
  readonly includeDev: boolean;
  /** Whether node_modules moves out of the app into the dependency folder, as the classic buildpack does. */
  readonly moveModules: boolean;
}

/** Scripts that `npm install` runs for the app itself. */
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
const BUILD_SCRIPTS = ["heroku-prebuild", "heroku-postbuild"];

/** Decides how to build from the app's files and its environment. */
export function planBuild(
  app: PackageJson,
  files: AppFiles,
  env: Readonly<Record<string, string | undefined>>,
): BuildPlan {
  const tool = toolOf(app, files);
  const production = (env["NODE_ENV"] || "production") === "production";
  const includeDev =
    env["NPM_CONFIG_PRODUCTION"] === "false" || (!production && env["NPM_CONFIG_PRODUCTION"] !== "true");
  const packages = app.dependencies + (includeDev ? app.devDependencies : 0);
  const runs = [...INSTALL_SCRIPTS, ...BUILD_SCRIPTS].some((name) => name in app.scripts);
  const vendored = tool === "npm" && files.nodeModules;
  return {
    tool,
    vendored,
    nothingToDo: !files.packageJson || (packages === 0 && !app.hasWorkspaces && !runs && !vendored),
    includeDev,
    // Links between workspaces and pnpm's own are relative: they would point nowhere from another folder.
    moveModules: !vendored && tool !== "pnpm" && !app.hasWorkspaces,
  };
}

/** A lock file decides; without one, Corepack's field. */
function toolOf(app: PackageJson, files: AppFiles): Tool {
  const named = app.packageManager?.name;
  if (files.yarnLock && named !== "pnpm" && named !== "npm") return "yarn";
  if (files.pnpmLock && named !== "npm") return "pnpm";
  return named === "yarn" || named === "pnpm" ? named : "npm";
}

/** `package.json + package-lock.json`: what npm reads, for the log. */
export function npmSources(files: AppFiles): string {
  return [
    "package.json",
    ...(files.packageLock ? ["package-lock.json"] : []),
    ...(files.shrinkwrap ? ["npm-shrinkwrap.json"] : []),
  ].join(" + ");
}

/**
 * The web process: what `npm start` would run, but without npm between the platform and the app, which costs 60 MB and
 * swallows time at each start. Scripts that lean on npm (hooks, its variables) keep it.
 */
export function startCommand(app: PackageJson, serverJs: boolean, optimizeMemory: boolean): string {
  const limit = optimizeMemory ? 'NODE_OPTIONS="--max_old_space_size=$(( $MEMORY_AVAILABLE * 75 / 100 ))" ' : "";
  const start = app.scripts["start"]?.trim() || (serverJs ? "node server.js" : "");
  const needsNpm = start === "" || "prestart" in app.scripts || "poststart" in app.scripts || /npm_/.test(start);
  if (needsNpm) return `${limit}npm start`;
  if (limit === "") return start;
  return /^[\w./-]+( [\w./=:@-]+)*$/.test(start) ? `${limit}${start}` : `export ${limit.trim()}; ${start}`;
}
