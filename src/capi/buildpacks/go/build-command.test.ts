import assert from "node:assert/strict";
import { test } from "node:test";
import { type BuildInput, buildCommand } from "./build-command.ts";

const input: BuildInput = {
  packageSpec: "",
  godepPackages: [],
  mainPackage: "example.com/team/hello",
  isVendored: () => false,
  linkerValues: {},
};

test("nothing said, the main package is built and started", () => {
  const built = buildCommand(input);
  assert.deepEqual(built.args, ["install", "-tags", "cloudfoundry", "-buildmode", "pie", "."]);
  assert.deepEqual([built.program, built.isDefault], ["hello", true]);
  assert.equal(buildCommand({ ...input, mainPackage: "example.com/hello/v2" }).program, "hello");
});

test("named packages are built, the first is the web process", () => {
  const built = buildCommand({ ...input, packageSpec: " ./cmd/web  ./cmd/worker ", godepPackages: ["."] });
  assert.deepEqual(built.packages, ["./cmd/web", "./cmd/worker"]);
  assert.deepEqual([built.program, built.isDefault], ["web", false]);
  assert.deepEqual(buildCommand({ ...input, godepPackages: ["./..."] }).packages, ["./..."]);
});

test("a vendored package is built from where it lies", () => {
  const isVendored = (name: string): boolean => name === "example.org/tool";
  const built = buildCommand({ ...input, packageSpec: "example.org/tool", isVendored });
  assert.deepEqual(built.packages, ["example.com/team/hello/vendor/example.org/tool"]);
  assert.equal(built.program, "tool");
});

test("values for variables go to the linker as one argument", () => {
  const built = buildCommand({ ...input, linkerValues: { "main.version": "1", "main.name": "a b" } });
  assert.deepEqual(built.args.slice(5), ["-ldflags", "-X main.version=1 -X main.name=a b", "."]);
});
