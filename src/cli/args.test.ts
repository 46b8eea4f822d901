import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "./args.ts";
import { flag, list, required, value } from "./command.ts";

const FLAGS = [flag("-f", ""), flag("-r", ""), value("--memory -m", ""), list("--var", ""), flag("--no-start", "")];
const APP = [{ name: "APP_NAME" }];

test("flags stand anywhere, with their value apart, glued on or after an equals sign", () => {
  for (const words of [
    ["app", "-m", "1G"],
    ["-m1G", "app"],
    ["-m=1G", "app"],
    ["--memory", "1G", "app"],
    ["app", "--memory=1G"],
  ]) {
    const input = parseArguments(words, FLAGS, APP);
    assert.equal(input.text("memory"), "1G");
    assert.equal(input.arg(0), "app");
  }
});

test("short flags without values go together, lists gather, the last value counts", () => {
  const input = parseArguments(["-fr", "app", "--var", "a=1", "--var=b=2", "-m", "1G", "-m", "2G"], FLAGS, APP);
  assert.equal(input.has("f") && input.has("r"), true);
  assert.deepEqual(input.list("var"), ["a=1", "b=2"]);
  assert.equal(input.text("memory"), "2G");
});

test("a value may be negative, but the next flag is no value", () => {
  assert.equal(parseArguments(["app", "-m", "-1"], FLAGS, APP).text("memory"), "-1");
  assert.throws(
    () => parseArguments(["app", "-m", "-f"], FLAGS, APP),
    /expected argument for flag `-m, --memory', but got option `-f'/,
  );
  assert.throws(() => parseArguments(["app", "-m"], FLAGS, APP), /expected argument for flag `-m, --memory'/);
});

test("what is wrong is said as the official command line says it", () => {
  assert.throws(() => parseArguments([], FLAGS, APP), {
    message: "Incorrect Usage: the required argument `APP_NAME` was not provided",
  });
  const two = [{ name: "ORG" }, { name: "SPACE" }];
  assert.throws(() => parseArguments([], [], two), {
    message: "Incorrect Usage: the required arguments `ORG` and `SPACE` were not provided",
  });
  assert.throws(() => parseArguments(["app", "--bogus"], FLAGS, APP), {
    message: "Incorrect Usage: unknown flag `bogus'",
  });
  assert.throws(() => parseArguments(["app", "-x"], FLAGS, APP), { message: "Incorrect Usage: unknown flag `x'" });
  assert.throws(() => parseArguments(["app", "more"], FLAGS, APP), {
    message: 'Incorrect Usage: unexpected argument "more"',
  });
});

test("after -- and after the literal arguments nothing is a flag", () => {
  assert.equal(parseArguments(["--", "-f"], FLAGS, APP).arg(0), "-f");
  const specs = [{ name: "APP_NAME" }, { name: "NAME" }, { name: "VALUE" }];
  const input = parseArguments(["app", "JAVA_OPTS", "-Xmx1g"], [], specs, 1);
  assert.equal(input.arg(2), "-Xmx1g");
});

test("the last argument may take several words; a flag may be required; what is missing is named", () => {
  const specs = [{ name: "RESOURCE" }, { name: "KEY=VALUE", many: true }];
  assert.deepEqual(parseArguments(["app", "a=1", "b=2"], [], specs).from(1), ["a=1", "b=2"]);
  assert.throws(() => parseArguments([], [], specs), {
    message:
      "Incorrect Usage: the required arguments `RESOURCE` and `KEY=VALUE (at least 1 argument)` were not provided",
  });
  const flags = [required(value("--state", "")), required(value("-s", ""))];
  assert.equal(parseArguments(["--state", "x", "-s", "y"], flags, []).text("s"), "y");
  assert.throws(() => parseArguments(["-s", "y"], flags, []), {
    message: "Incorrect Usage: the required flag `--state' was not specified",
  });
});
