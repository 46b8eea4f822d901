import { delimiter, isAbsolute } from "node:path";

/**
 * Folders of libraries that our Node needs and this machine lacks: where it found them when this process began, as the
 * launcher told it. Only absolute ones: in a child, which works elsewhere, others would name somebody else's folders.
 */
export function ownNodeLibraries(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  return (environment["LD_LIBRARY_PATH"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
}

/** For a child that runs `process.execPath` with an environment of its own, which is `given`: Node finds its libraries there too. */
export function ownNodeEnvironment(
  given: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const libraries = ownNodeLibraries(environment);
  return libraries.length === 0 ? { ...given } : { ...given, LD_LIBRARY_PATH: libraries.join(delimiter) };
}
