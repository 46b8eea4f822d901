import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BootedIngot, runCommand } from "../test/system/boot-ingot.ts";

/** Where the time of one push went, milliseconds. */
export interface PushTimes {
  readonly upload: number;
  readonly staging: number;
  readonly start: number;
  readonly route: number;
  readonly total: number;
}

interface Resource {
  readonly guid: string;
  readonly state?: string;
  readonly error?: string | null;
}

/** Not more often: each poll costs the platform 5 ms, which the push would miss. */
const POLL_MS = 40;
const LIMIT_MS = 180_000;

/** Pushes a folder by the API alone, as the CLI does but with polls of 40 ms: what is measured is the platform. */
export class ApiPusher {
  readonly #ingot: BootedIngot;
  readonly #token: string;
  readonly #spaceGuid: string;
  readonly #domainGuid: string;

  private constructor(ingot: BootedIngot, token: string, spaceGuid: string, domainGuid: string) {
    this.#ingot = ingot;
    this.#token = token;
    this.#spaceGuid = spaceGuid;
    this.#domainGuid = domainGuid;
  }

  /** Logs in and makes an org and a space. */
  static async open(ingot: BootedIngot): Promise<ApiPusher> {
    await ingot.login("bench", "bench");
    const token = (await ingot.cfOk("oauth-token")).trim();
    const guid = async (path: string): Promise<string> => {
      const answer = JSON.parse(await ingot.cfOk("curl", path)) as { resources: Resource[] };
      return answer.resources[0]!.guid;
    };
    return new ApiPusher(
      ingot,
      token,
      await guid("/v3/spaces?names=bench"),
      await guid("/v3/domains?names=apps.cf.localhost"),
    );
  }

  /** Pushes `folder` as a new app and waits until its route answers 200. */
  async push(name: string, folder: string, environment: Record<string, string> = {}): Promise<PushTimes> {
    const zip = join(this.#ingot.state, "tmp", `${name}.zip`);
    const packed = await runCommand("zip", ["-qr", zip, "."], process.env, folder);
    if (packed.code !== 0) throw new Error(packed.output);
    const space = { space: { data: { guid: this.#spaceGuid } } };
    const app = await this.#call("POST", "/v3/apps", {
      name,
      relationships: space,
      environment_variables: environment,
    });
    const route = await this.#call("POST", "/v3/routes", {
      host: name,
      relationships: { ...space, domain: { data: { guid: this.#domainGuid } } },
    });
    await this.#call("POST", `/v3/routes/${route.guid}/destinations`, { destinations: [{ app: { guid: app.guid } }] });

    const startedMs = performance.now();
    const pkg = await this.#call("POST", "/v3/packages", {
      type: "bits",
      relationships: { app: { data: { guid: app.guid } } },
    });
    await this.#upload(`/v3/packages/${pkg.guid}/upload`, zip);
    await this.#until(`/v3/packages/${pkg.guid}`, "READY");
    const uploadedMs = performance.now();
    const build = await this.#call("POST", "/v3/builds", { package: { guid: pkg.guid } });
    await this.#until(`/v3/builds/${build.guid}`, "STAGED");
    const stagedMs = performance.now();
    const staged = (await this.#call("GET", `/v3/builds/${build.guid}`)) as unknown as { droplet: { guid: string } };
    await this.#call("PATCH", `/v3/apps/${app.guid}/relationships/current_droplet`, {
      data: { guid: staged.droplet.guid },
    });
    await this.#call("POST", `/v3/apps/${app.guid}/actions/start`);
    for (;;) {
      const stats = (await this.#call("GET", `/v3/apps/${app.guid}/processes/web/stats`)) as unknown as {
        resources: Resource[];
      };
      if (stats.resources[0]?.state === "RUNNING") break;
      if (performance.now() - stagedMs > LIMIT_MS) throw new Error(`${name} does not run`);
      await sleep(POLL_MS);
    }
    const runningMs = performance.now();
    while ((await this.#ingot.get(`${name}.apps.cf.localhost`)).status !== 200) {
      if (performance.now() - runningMs > LIMIT_MS) throw new Error(`${name} is not routed`);
      await sleep(POLL_MS);
    }
    const routedMs = performance.now();
    return {
      upload: uploadedMs - startedMs,
      staging: stagedMs - uploadedMs,
      start: runningMs - stagedMs,
      route: routedMs - runningMs,
      total: routedMs - startedMs,
    };
  }

  async #call(method: string, path: string, body?: unknown): Promise<Resource> {
    const answer = await this.#ingot.api(
      method,
      path,
      this.#token,
      body === undefined ? null : JSON.stringify(body),
      "application/json",
    );
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return (answer.body === "" ? {} : JSON.parse(answer.body)) as Resource;
  }

  async #upload(path: string, file: string): Promise<void> {
    const { readFileSync } = await import("node:fs");
    const boundary = "ingot-bench-boundary";
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="bits"; filename="application.zip"\r\nContent-Type: application/zip\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), readFileSync(file), Buffer.from(`\r\n--${boundary}--\r\n`)]);
    const answer = await this.#ingot.api("POST", path, this.#token, body, `multipart/form-data; boundary=${boundary}`);
    if (answer.status >= 300) throw new Error(`upload: ${answer.status} ${answer.body}`);
  }

  async #until(path: string, state: string): Promise<void> {
    const startedMs = performance.now();
    for (;;) {
      const resource = await this.#call("GET", path);
      if (resource.state === state) return;
      if (resource.state === "FAILED") throw new Error(`${path}: ${resource.error}`);
      if (performance.now() - startedMs > LIMIT_MS) throw new Error(`${path} is ${resource.state}, not ${state}`);
      await sleep(POLL_MS);
    }
  }
}
