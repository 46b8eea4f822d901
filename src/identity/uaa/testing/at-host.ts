import { request } from "node:http";
import type { Answer, BootedUaa, Json } from "./boot-uaa.ts";

/** A request to a host of a zone's own, by its Host header; fetch() does not let a test choose that. */
export function atHost(
  { baseUrl }: BootedUaa,
  host: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = "",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(baseUrl + path, { method, headers: { ...headers, host } }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += String(chunk);
      const json = (answer.headers["content-type"] ?? "").includes("json") ? (JSON.parse(text) as Json) : {};
      const { location } = answer.headers;
      resolve({
        status: answer.statusCode ?? 0,
        headers: new Headers(location === undefined ? {} : { location }),
        text,
        json,
      });
    });
    sent.on("error", reject).end(body);
  });
}
