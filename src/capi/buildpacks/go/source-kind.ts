/** How an app says where its packages come from. */
export type SourceKind = "gomod" | "godep" | "go_nativevendoring";

/** Which of these the app's folder has. */
export interface SourceFiles {
  readonly goMod: boolean;
  readonly godepsJson: boolean;
  readonly glideYaml: boolean;
  readonly gopkgToml: boolean;
  readonly godir: boolean;
  readonly vendor: boolean;
}

const DEPRECATED_GODIR =
  "Deprecated, .godir file found! Please update to Go modules.\nSee https://go.dev/ref/mod for how they are used.";

/**
 * Throws with the reason for what is not built any more: `.godir`, and glide and dep, whose programs are no longer made; an app that
 * vendors its packages needs neither of the two. go-buildpack: supply.go, SelectVendorTool
 */
export function sourceKind(files: SourceFiles): SourceKind {
  if (files.godir) throw new Error(DEPRECATED_GODIR);
  if (files.goMod) return "gomod";
  if (files.godepsJson) return "godep";
  if (files.vendor) return "go_nativevendoring";
  for (const [name, tool] of [
    ["glideYaml", "glide"],
    ["gopkgToml", "dep"],
  ] as const) {
    if (files[name]) {
      throw new Error(
        `${tool} is not supported here: vendor the app's packages, or convert it to a module (go mod init)`,
      );
    }
  }
  return "go_nativevendoring";
}
