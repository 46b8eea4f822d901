import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";

/** Like `fetch`, but any name of the platform leads to loopback and the platform's own authority is trusted. No redirects. */
export function fetchFrom(state: string): (url: string, options?: RequestInit) => Promise<Response> {
  const name = readdirSync(join(state, "ca")).find((file) => /ca.*\.(crt|pem)$/.test(file) && !file.includes("key"));
  if (name === undefined) throw new Error(`no certificate in ${state}/ca`);
  const ca = readFileSync(join(state, "ca", name));
  return async (url, options = {}) => {
    const target = new URL(url);
    const headers = Object.fromEntries(new Headers(options.headers));
    const body = await bodyOf(options.body);
    if (options.body instanceof URLSearchParams) {
      headers["content-type"] ??= "application/x-www-form-urlencoded;charset=UTF-8";
    }
    return await new Promise<Response>((resolve, reject) => {
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: target.port,
          servername: target.hostname,
          path: target.pathname + target.search,
          method: options.method ?? "GET",
          headers: { ...headers, host: target.host },
          ca,
          timeout: 30_000,
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const status = incoming.statusCode ?? 500;
            const received = new Headers();
            for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
              received.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!);
            }
            const hasBody = status !== 204 && status !== 304;
            resolve(new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers: received }));
          });
        },
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error("no answer within 30 s")));
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  };
}

async function bodyOf(body: RequestInit["body"]): Promise<Buffer | undefined> {
  if (body === undefined || body === null) return undefined;
  return Buffer.from(await new Response(body).arrayBuffer());
}
