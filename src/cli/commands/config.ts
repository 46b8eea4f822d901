import type { Input } from "../args.ts";
import { type Command, value } from "../command.ts";
import type { CfConfig } from "../config-file.ts";
import { IncorrectUsage, UsageError } from "../errors.ts";

export const command: Command = {
  usage:
    "cf config [--async-timeout TIMEOUT_IN_MINUTES] [--trace (true | false | path/to/file)] [--color (true | false)] [--locale (LOCALE | CLEAR)]",
  flags: [
    value("--async-timeout", "Timeout in minutes for async HTTP requests"),
    value("--color", "Enable or disable color in CLI output"),
    value("--locale", "Set default locale. If LOCALE is 'CLEAR', previous locale is deleted."),
    value(
      "--trace",
      "Trace HTTP requests by default. If a file path is provided then output will write to the file provided. If the file does not exist it will be created.",
    ),
  ],
  run: async (cli, input) => {
    const { ui, config } = cli;
    const changes = changesOf(input);
    if (Object.keys(changes).length === 0) throw new IncorrectUsage("at least one flag must be provided");
    ui.text("Setting values in config...");
    Object.assign(config.values, changes);
    ui.ok();
  },
};

const LOCALES = [
  "CLEAR",
  "de-DE",
  "en-US",
  "es-ES",
  "fr-FR",
  "it-IT",
  "ja-JP",
  "ko-KR",
  "pt-BR",
  "zh-Hans",
  "zh-Hant",
] as const;

/** Throws `UsageError`. */
function changesOf(input: Input): Partial<Pick<CfConfig, "AsyncTimeout" | "ColorEnabled" | "Locale" | "Trace">> {
  const timeout = input.text("async-timeout");
  if (timeout !== undefined && (!/^\d+$/.test(timeout) || Number(timeout) < 1)) {
    throw new UsageError("Incorrect Usage: Timeout must be an integer greater than or equal to 1");
  }
  const color = input.text("color")?.toLowerCase();
  if (color !== undefined && color !== "true" && color !== "false") {
    throw new UsageError('Incorrect Usage: COLOR must be "true" or "false"');
  }
  const locale = input.text("locale")?.replaceAll("_", "-").toLowerCase();
  const found = LOCALES.find((known) => known.toLowerCase() === locale);
  if (locale !== undefined && found === undefined) {
    throw new UsageError(`Incorrect Usage: LOCALE must be ${LOCALES.join(", ")}`);
  }
  const trace = input.text("trace") ?? "";
  return {
    ...(timeout === undefined ? {} : { AsyncTimeout: Number(timeout) }),
    ...(color === undefined ? {} : { ColorEnabled: color }),
    ...(found === undefined ? {} : { Locale: found === "CLEAR" ? "" : found }),
    ...(trace === "" ? {} : { Trace: trace }),
  };
}
