import type { IncomingMessage } from "node:http";
import { CcError } from "../errors.ts";

/** The whole body as text. Throws MessageParseError beyond `bytesMax` and for bytes that are not UTF-8. */
export async function readText(stream: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > bytesMax) throw new CcError("MessageParseError", ["request body is too large"]);
    chunks.push(chunk as Buffer);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new CcError("MessageParseError", ["invalid request body"], { cause: error });
  }
}

/** JSON of a request; an empty body is `{}`. Throws MessageParseError. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text, refusePrototype);
  } catch (error) {
    throw new CcError("MessageParseError", ["invalid request body"], { cause: error });
  }
}

// A key that would reach into object prototypes is no field of any resource.
function refusePrototype(this: unknown, key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}
