import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Command, flag, list, value } from "../command.ts";
import { CliError } from "../errors.ts";
import type { HttpAnswer } from "../http.ts";

export const command: Command = {
  usage: `cf curl PATH [-iv] [-X METHOD] [-H HEADER]... [-d DATA] [--output FILE]

By default 'cf curl' will perform a GET to the specified PATH. If data
is provided via -d, a POST will be performed instead, and the Content-Type
will be set to application/json. You may override headers with -H and the
request method with -X.

EXAMPLES:
   cf curl "/v3/apps" -X POST -H "Content-Type: application/json" -d '{"name":"my-app"}'
   cf curl "/v3/apps" -d @/path/to/file`,
  args: [{ name: "PATH" }],
  flags: [
    list("-H", "Custom headers to include in the request, flag can be specified multiple times"),
    value("-X", "HTTP method (GET,POST,PUT,DELETE,etc)"),
    value("-d", "HTTP data to include in the request body, or '@' followed by a file name to read the data from"),
    flag("--fail -f", "Server errors return exit code 22"),
    flag("-i", "Include response headers in the output"),
    value("--output", "Write curl body to FILE instead of stdout"),
  ],
  run: async (cli, input) => {
    const { ui, cc, deps } = cli;
    if (cli.config.values.Target === "") {
      throw new CliError("No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.");
    }
    const headers: Record<string, string> = {};
    const given = input.text("d");
    let body: Uint8Array | undefined;
    if (given !== undefined) {
      headers["content-type"] = "application/json";
      const file = given.replaceAll(/^["']|["']$/g, "");
      if (file.startsWith("@")) {
        const path = resolve(deps.cwd, file.slice(1));
        body = await readFile(path).catch((error: Error) => {
          throw new CliError(`Error creating request: ${error.message}`);
        });
      } else body = Buffer.from(given);
    }
    for (const header of input.list("H")) {
      const colon = header.indexOf(":");
      if (colon < 1) throw new CliError(`Error creating request: "${header}" is no header`);
      headers[header.slice(0, colon).trim().toLowerCase()] = header.slice(colon + 1).trim();
    }
    const method = input.text("X") ?? (body === undefined ? "GET" : "POST");
    const path = `/${input.arg(0).replace(/^\/+/, "")}`;
    const answer = await cc.raw(method, path, { headers, ...(body === undefined ? {} : { body }) });
    if (input.has("fail") && answer.status >= 400) {
      throw new CliError(`The requested URL returned error: ${answer.status}`, 22);
    }
    if (cli.verbose) return; // already shown
    const head = input.has("i") ? headText(answer) : "";
    const output = input.text("output");
    if (output !== undefined) {
      await writeFile(resolve(deps.cwd, output), Buffer.concat([Buffer.from(head), answer.body]));
      ui.ok();
      return;
    }
    if (head !== "") ui.write(head);
    ui.write(answer.body);
    if (!isBinary(answer)) ui.write("\n");
  },
};

function headText(answer: HttpAnswer): string {
  const lines = [`HTTP/1.1 ${answer.status} ${answer.statusText}`];
  for (const [name, value] of Object.entries(answer.headers).sort(([left], [right]) => (left < right ? -1 : 1))) {
    const shown = name.replaceAll(/(^|-)[a-z]/g, (part) => part.toUpperCase());
    lines.push(`${shown}: ${Array.isArray(value) ? value.join(", ") : (value ?? "")}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function isBinary(answer: HttpAnswer): boolean {
  const type = answer.headers["content-type"] ?? "";
  return /^image\/|application\/(octet-stream|pdf)/.test(type) || answer.body.includes(0);
}
