import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Clock } from "../../kit/clock.ts";
import { bodyText, type HttpClient, LOCAL_FILE } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";

export interface CcUploaderDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
}

const BOUNDARY = "ingot-cc-uploader-f6d1a0c2b9";
const TIMEOUT_SECONDS_MAX = 3600;
const ANSWER_BYTES_MAX = 65_536;

/** Which query parameter names the target, and how the file is called. cc-uploader: handlers/upload_droplet, upload_build_artifacts */
const UPLOADS: Readonly<Record<string, { readonly parameter: string; readonly fileName: string }>> = {
  droplet: { parameter: "cc-droplet-upload-uri", fileName: "droplet.tgz" },
  build_artifacts: { parameter: "cc-build-artifacts-upload-uri", fileName: "build-artifacts.tgz" },
};

/**
 * `POST /v1/droplet/:guid?cc-droplet-upload-uri=…` and `POST /v1/build_artifacts/:guid?cc-build-artifacts-upload-uri=…`: the raw body
 * goes on to the Cloud Controller as a multipart form, streamed. Only targets that start with `ccInternalUrl` are served: the URL comes
 * with the request.
 */
export async function startCcUploader(
  config: { readonly socketPath: string; readonly ccInternalUrl: string },
  deps: CcUploaderDeps,
): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const server = createServer((request, response) => {
    handle(request, response, config.ccInternalUrl, deps, stop.signal).catch((error) => {
      deps.log.warn("upload failed", { url: request.url?.split("?")[0], error });
      request.resume();
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { connection: "close" }).end();
    });
  });
  server.requestTimeout = 0; // a droplet may take as long as its own limit allows
  await rm(config.socketPath, { force: true });
  await listen(server, config.socketPath);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error("cc-uploader stops"));
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  ccInternalUrl: string,
  deps: CcUploaderDeps,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://cc-uploader");
  const [, version, kind = "", guid = ""] = url.pathname.split("/");
  const upload = Object.hasOwn(UPLOADS, kind) ? UPLOADS[kind] : undefined;
  if (request.method !== "POST" || version !== "v1" || upload === undefined || guid === "") {
    response.writeHead(404, { connection: "close" }).end();
    return;
  }
  const target = url.searchParams.get(upload.parameter) ?? "";
  const localFile = request.headers[LOCAL_FILE.path];
  const length = Number(request.headers["content-length"] ?? Number.NaN);
  if (!target.startsWith(`${ccInternalUrl}/internal/`)) {
    response.writeHead(400, { connection: "close" }).end(`missing ${upload.parameter} parameter`);
    return;
  }
  if (!Number.isSafeInteger(length)) {
    response.writeHead(411, { connection: "close" }).end();
    return;
  }
  const seconds = Number(url.searchParams.get("timeout") ?? "300");
  const limitMs = 1000 * Math.min(TIMEOUT_SECONDS_MAX, seconds > 0 ? seconds : 300);
  const content = typeof localFile === "string" ? { bodyFile: localFile } : multipart(request, length, upload.fileName);
  const gone = new AbortController();
  request.on("close", () => {
    if (!request.complete) gone.abort(new Error("the cell went away"));
  });
  const answer = await deps.http.request({
    method: "POST",
    url: target,
    ...content,
    signal: AbortSignal.any([deps.clock.deadline(limitMs, signal), gone.signal]),
  });
  const text = await bodyText(answer.body, ANSWER_BYTES_MAX);
  response.writeHead(answer.status < 300 ? 200 : answer.status, { "content-type": "application/json" }).end(text);
}

function multipart(
  content: Readable,
  length: number,
  fileName: string,
): { headers: Record<string, string>; body: Readable } {
  const head = Buffer.from(
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="upload[droplet]"; filename="${fileName}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const parts = async function* (): AsyncGenerator<Uint8Array> {
    yield head;
    yield* content as AsyncIterable<Uint8Array>;
    yield tail;
  };
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
      "content-length": String(head.length + length + tail.length),
    },
    body: Readable.from(parts(), { objectMode: false }),
  };
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
