/** compress-main FROM TO: a runtime's file as the builder can put it into a droplet as it is. See tar-tree.ts. */
import { closeSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { GzipBlocks } from "./gzip-blocks.ts";
import { paddingOf } from "./tar-header.ts";

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error("usage: compress-main FROM TO");
mkdirSync(dirname(to), { recursive: true });
const { size } = statSync(from);
const gz = new GzipBlocks(`${to}.partial`, { level: 6, parallel: 2 });
const fd = openSync(from, "r");
await gz.writeFrom(fd, size);
closeSync(fd);
await gz.write(Buffer.alloc(paddingOf(size)));
await gz.end();
renameSync(`${to}.partial`, to);
