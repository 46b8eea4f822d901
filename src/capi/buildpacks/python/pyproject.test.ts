import assert from "node:assert/strict";
import { test } from "node:test";
import { requiresPython } from "./pyproject.ts";

test("the project's own line counts, in its table alone", () => {
  assert.equal(
    requiresPython('[tool.x]\nrequires-python = ">=2"\n[project]\nname = "a"\nrequires-python = ">=3.10" # new\n'),
    ">=3.10",
  );
  assert.equal(requiresPython('[project]\nname = "a"\n[other]\nrequires-python = ">=3.10"\n'), undefined);
});

test("poetry's way to say it is understood", () => {
  const poetry = (python: string): string | undefined =>
    requiresPython(`[tool.poetry.dependencies]\npython = "${python}"\nflask = "^3"\n`);
  assert.equal(poetry("^3.9"), ">=3.9,<4");
  assert.equal(poetry("~3.11"), "==3.11.*");
  assert.equal(poetry(">=3.9,<3.13"), ">=3.9,<3.13");
  assert.equal(poetry("*"), undefined);
});
