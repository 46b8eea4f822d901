import { join } from "node:path";
import { Writable } from "node:stream";
import type { CliDeps } from "../cli/index.ts";
import { loginSteps } from "./login.ts";

export interface PushTarget {
  readonly apiUrl: string;
  readonly adminPassword: string;
  /** The router's port without TLS. */
  readonly httpPort: number;
  /** State folder: a CF_HOME in it leaves the user's own alone. */
  readonly state: string;
}

/** Pushes the app in `folder` with our own cf, as any user would, and prints the URLs that it answers at. Gives the exit code. */
export async function pushApp(folder: string, target: PushTarget, signal?: AbortSignal): Promise<number> {
  const { runCf } = await import("../cli/index.ts");
  const { cliDeps } = await import("../platform/cli-deps.ts");
  const deps = cliDeps({ cfHome: join(target.state, "cf"), cwd: folder, ...(signal === undefined ? {} : { signal }) });
  for (const words of [...loginSteps(target.apiUrl, target.adminPassword), ["push"]]) {
    const code = await runCf(words, deps);
    if (code !== 0) return code;
  }
  const routes = await newestRoutes(runCf, deps);
  for (const route of routes) process.stdout.write(`\n${appUrl(route, target.httpPort)}\n`);
  return 0;
}

/** A browser or curl opens it; names below `localhost` need no DNS there. */
export function appUrl(route: string, httpPort: number): string {
  const [host, ...path] = route.split("/");
  return ["http://", host, httpPort === 80 ? "" : `:${httpPort}`, ...path.map((part) => `/${part}`)].join("");
}

/** HTTP routes of the app that was pushed last: the manifest may have given it any name. */
async function newestRoutes(run: (argv: string[], deps: CliDeps) => Promise<number>, deps: CliDeps): Promise<string[]> {
  const ask = async (path: string): Promise<Record<string, unknown>[]> => {
    let text = "";
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        text += chunk.toString();
        done();
      },
    });
    const code = await run(["curl", path], { ...deps, stdout });
    return code === 0 ? ((JSON.parse(text) as { resources?: Record<string, unknown>[] }).resources ?? []) : [];
  };
  const [app] = await ask("/v3/apps?order_by=-updated_at&per_page=1");
  if (app === undefined) return [];
  const routes = await ask(`/v3/apps/${String(app["guid"])}/routes`);
  return routes.filter(({ protocol }) => protocol === "http").map(({ url }) => String(url));
}
