/** What decides how `go install` is called. */
export interface BuildInput {
  /** `GO_INSTALL_PACKAGE_SPEC`: packages, separated by blanks. */
  readonly packageSpec: string;
  /** Packages of Godeps.json. */
  readonly godepPackages: readonly string[];
  /** Path of the app's main package: module path, import path of Godeps.json, GOPACKAGENAME. */
  readonly mainPackage: string;
  /** Whether the app has vendored this package. */
  readonly isVendored: (name: string) => boolean;
  /** Values for variables of the program, from buildpack.yml and GO_LINKER_SYMBOL. */
  readonly linkerValues: Readonly<Record<string, string>>;
}

export interface BuildCommand {
  readonly args: readonly string[];
  readonly packages: readonly string[];
  /** Name of the program that the web process runs, below bin/. */
  readonly program: string;
  /** Nobody said what to build. */
  readonly isDefault: boolean;
}

/** go-buildpack: finalize.go, SetBuildFlags, SetInstallPackages, CompileApp; data.go, ReleaseYAML */
export function buildCommand(input: BuildInput): BuildCommand {
  const named = input.packageSpec.split(/\s+/).filter((name) => name !== "");
  const wanted = named.length > 0 ? named : input.godepPackages;
  const isDefault = wanted.length === 0;
  const packages = (isDefault ? ["."] : wanted).map((name) =>
    name !== "." && input.isVendored(name) ? `${input.mainPackage}/vendor/${name}` : name,
  );
  const values = Object.entries(input.linkerValues).map(([symbol, value]) => `-X ${symbol}=${value}`);
  const linker = values.length === 0 ? [] : ["-ldflags", values.join(" ")];
  const first = packages[0]!;
  return {
    args: ["install", "-tags", "cloudfoundry", "-buildmode", "pie", ...linker, ...packages],
    packages,
    program: programName(first === "." ? input.mainPackage : first),
    isDefault,
  };
}

/** The last part of an import path, but for the major version of a module (`/v2`). Go: cmd/go, DefaultExecName */
function programName(path: string): string {
  const parts = path.replace(/\/+$/, "").split("/");
  const last = parts.at(-1) ?? path;
  return /^v[2-9]\d*$|^v1\d+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last;
}
