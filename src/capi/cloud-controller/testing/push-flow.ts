import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import { bodyText, socketHttpClient } from "../../../kit/http-client.ts";
import { silentLog } from "../../../kit/log.ts";
import { systemRandom } from "../../../kit/random-system.ts";
import { startBlobstore } from "../../blobstore/index.ts";
import type { BridgeClient } from "../../cc-bridge/client.ts";
import type { StagingRequest, TaskToRun } from "../../cc-bridge/model.ts";
import type { CcDeps } from "../index.ts";
import { type Answer, type Call, quietBridge, TestCc } from "./boot-cc.ts";

/** What is read from answers here. */
export interface Document {
  readonly guid: string;
  readonly state: string;
  readonly error: string | null;
  readonly resources: readonly Document[];
  readonly errors: readonly { readonly title: string; readonly detail: string }[];
  readonly data: { readonly error: string | null };
  readonly droplet: { readonly guid: string };
}

/** A Cloud Controller with a blobstore on disk, one space and a Diego that notes what it is asked. For tests. */
export class PushFlow implements AsyncDisposable {
  readonly cc: TestCc;
  readonly call: Call;
  readonly spaceGuid: string;
  readonly staged: readonly StagingRequest[];
  readonly tasks: readonly TaskToRun[];
  /** Guids of the processes that Diego was told of, in order. */
  readonly changed: readonly string[];
  readonly #release: AsyncDisposableStack;

  private constructor(
    cc: TestCc,
    call: Call,
    spaceGuid: string,
    asked: { staged: StagingRequest[]; tasks: TaskToRun[]; changed: string[] },
    release: AsyncDisposableStack,
  ) {
    this.cc = cc;
    this.call = call;
    this.spaceGuid = spaceGuid;
    this.staged = asked.staged;
    this.tasks = asked.tasks;
    this.changed = asked.changed;
    this.#release = release;
  }

  /** `replaced` takes the place of dependencies that do nothing. */
  static async boot(replaced: Partial<CcDeps> = {}): Promise<PushFlow> {
    await using release = new AsyncDisposableStack();
    const root = await mkdtemp(join(tmpdir(), "ingot-push-"));
    release.defer(() => rm(root, { recursive: true, force: true }));
    const blobstore = release.use(await startBlobstore({ root }, { random: systemRandom(), log: silentLog() }));
    const asked = { staged: [] as StagingRequest[], tasks: [] as TaskToRun[], changed: [] as string[] };
    const bridge: BridgeClient = {
      ...quietBridge(),
      stage: async (request) => void asked.staged.push(request),
      desireTask: async (task) => void asked.tasks.push(task),
      processChanged: async (guid) => void asked.changed.push(guid),
    };
    const cc = release.use(await TestCc.boot({ bridge, blobstore: blobstore.client, ...replaced }));
    const call = await cc.admin();
    const organization = document(await call("POST", "/v3/organizations", { name: "o" }));
    const relationships = { organization: { data: { guid: organization.guid } } };
    const space = document(await call("POST", "/v3/spaces", { name: "s", relationships }));
    return new PushFlow(cc, call, space.guid, asked, release.move());
  }

  /** Applies the manifest of one app, waits for the job and gives the app. */
  async apply(manifest: string, appName: string): Promise<Document> {
    const headers = { authorization: `bearer ${await this.#token()}`, "content-type": "application/x-yaml" };
    const path = `/v3/spaces/${this.spaceGuid}/actions/apply_manifest`;
    const job = await this.cc.job(await this.cc.fetch("POST", path, manifest, headers));
    assert.deepEqual([job.state, job.errors], ["COMPLETE", []]);
    const [app] = document(await this.call("GET", `/v3/apps?names=${appName}`)).resources;
    assert.ok(app);
    return app;
  }

  /** A new package of the app with these bits. */
  async upload(appGuid: string, bits: Uint8Array | null, resources: readonly object[] = []): Promise<Document> {
    const relationships = { app: { data: { guid: appGuid } } };
    const created = document(await this.call("POST", "/v3/packages", { type: "bits", relationships }));
    const form = new FormData();
    form.set("resources", JSON.stringify(resources));
    if (bits !== null) form.set("bits", new Blob([new Uint8Array(bits)]), "application.zip");
    const response = await fetch(`${this.cc.url}/v3/packages/${created.guid}/upload`, {
      method: "POST",
      headers: { authorization: `bearer ${await this.#token()}` },
      body: form,
    });
    assert.equal(response.status, 200);
    return (await response.json()) as Document;
  }

  /** What the link leads to that the API answers with. */
  async download(path: string): Promise<Buffer> {
    return Buffer.from(await (await fetch(this.cc.url + (await this.downloadLink(path)))).arrayBuffer());
  }

  /** Path and query of that link. */
  async downloadLink(path: string): Promise<string> {
    const headers = { authorization: `bearer ${await this.#token()}` };
    const answer = await fetch(`${this.cc.url}${path}`, { headers, redirect: "manual" });
    assert.equal(answer.status, 302);
    const { pathname, search } = new URL(answer.headers.get("location")!);
    return pathname + search;
  }

  /** A build of the package, as far as its staging. */
  async build(packageGuid: string): Promise<Document> {
    const build = document(await this.call("POST", "/v3/builds", { package: { guid: packageGuid } }));
    assert.equal(build.state, "STAGING");
    return build;
  }

  /** What a cell does at the end of a staging that went well. */
  async finish(build: Document, processTypes: Readonly<Record<string, string>>, bits = "droplet bits"): Promise<void> {
    const uploaded = await this.internal("POST", `/internal/v4/droplets/${build.guid}/upload`, bits);
    assert.equal(uploaded.status, 200);
    const result = {
      execution_metadata: "{}",
      lifecycle_type: "buildpack",
      lifecycle_metadata: { detected_buildpack: "node", buildpacks: [{ key: "k", name: "node", version: "1" }] },
      process_types: processTypes,
    };
    const completed = await this.complete(build, { failed: false, result: JSON.stringify(result) });
    assert.equal(completed.status, 200, completed.text);
  }

  async complete(build: Document, callback: object): Promise<{ readonly status: number; readonly text: string }> {
    const path = `/internal/v3/staging/${build.guid}/build_completed`;
    return await this.internal("POST", path, JSON.stringify(callback));
  }

  /** A call to the address that only Diego reaches. */
  async internal(
    method: "GET" | "POST",
    path: string,
    body = "",
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; text: string }> {
    const http = socketHttpClient(() => ({ socketPath: this.cc.internalSocketPath }));
    const response = await http.request({
      method,
      url: `http://cc.internal${path}`,
      headers: { "content-type": body.startsWith("{") ? "application/json" : "application/octet-stream", ...more },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    return { status: response.status, text: await bodyText(response.body, 1_000_000) };
  }

  async #token(): Promise<string> {
    return await this.cc.token("admin", ["cloud_controller.admin"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#release.disposeAsync();
  }
}

export function document(answer: Answer): Document {
  return answer.body as Document;
}

/** An archive of these files. */
export async function zipOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return await buffer(zip.outputStream);
}
