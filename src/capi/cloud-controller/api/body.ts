import type { IncomingMessage } from "node:http";
import { CcError } from "../errors.ts";

/**
 * The whole body as text. Throws MessageParseError beyond `bytesMax` and for bytes that are not UTF-8; what follows is then thrown away
 * unread, so that the client hears the answer instead of a broken connection.
 */
export async function readText(stream: IncomingMessage, bytesMax: number): Promise<string> {
  const body = await collect(stream, bytesMax);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (error) {
    throw new CcError("MessageParseError", ["invalid request body"], { cause: error });
  }
}

function collect(stream: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax) return void chunks.push(chunk);
      chunks = [];
      reject(new CcError("MessageParseError", ["request body is too large"]));
    });
    stream.on("end", () => resolve(Buffer.concat(chunks)));
    stream.on("error", reject);
    stream.on("close", () => reject(new Error("the client went away")));
  });
}

/** JSON of a request; an empty body and `null` are `{}`. Throws MessageParseError. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text, refusePrototype) ?? {};
  } catch (error) {
    throw new CcError("MessageParseError", ["invalid request body"], { cause: error });
  }
}

// A key that would reach into object prototypes is no field of any resource.
function refusePrototype(this: unknown, key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}
