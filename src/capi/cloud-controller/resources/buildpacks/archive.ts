import { open } from "node:fs/promises";
import { CcError } from "../../errors.ts";
import { openZip } from "../packages/zip-archive.ts";

const MANIFEST_BYTES_MAX = 10_485_760;

/** Whether the file begins as a zip archive (or, for cnb, as gzip or tar). CC: messages/buildpack_upload_message.rb */
export async function archiveFault(path: string, name: string, lifecycle: "buildpack" | "cnb"): Promise<string | null> {
  const file = await open(path, "r");
  try {
    const head = Buffer.alloc(265);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    if (bytesRead === 0) return `${name} cannot be empty`;
    if (lifecycle === "buildpack") {
      if (head.toString("latin1", 0, 4) === "PK\u0003\u0004") return null;
      return `${name} is not a zip file. Buildpacks of lifecycle "buildpack" must be valid zip files.`;
    }
    const gzip = head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08;
    if (gzip || head.toString("latin1", 257, 265) === "ustar\u000000") return null;
    return `${name} is not a gzip archive or cnb file. Buildpacks of lifecycle "cnb" must be valid gzip archives or cnb files.`;
  } finally {
    await file.close();
  }
}

/** The stack that the buildpack's own `manifest.yml` names; null when it names none. Throws BuildpackZipError. CC: buildpacks/stack_name_extractor.rb */
export async function stackOfArchive(path: string, bytesMax: number): Promise<string | null> {
  try {
    await using archive = await openZip(path, { bytesMax: bytesMax * 20 });
    const manifest = archive.entries.find(({ name, kind }) => name === "manifest.yml" && kind === "file");
    if (manifest === undefined || manifest.uncompressedSize > MANIFEST_BYTES_MAX) return null;
    const chunks: Buffer[] = [];
    for await (const chunk of await archive.read(manifest)) chunks.push(chunk as Buffer);
    const { parse } = await import("yaml");
    const document = parse(Buffer.concat(chunks).toString()) as { stack?: unknown } | null;
    return typeof document?.stack === "string" && document.stack !== "" ? document.stack : null;
  } catch (error) {
    throw new CcError("BuildpackZipError", [(error as Error).message], { cause: error });
  }
}
