import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isPublishSubject, isSubscribeSubject, SubjectIndex } from "./subject.ts";

test("wildcards match as NATS says", () => {
  const index = new SubjectIndex<string>();
  for (const subject of ["router.register", "router.*", "router.>", ">", "*.register", "router", "a.*.c", "a.>"]) {
    index.add(subject, subject);
  }
  const cases: Record<string, string[]> = {
    "router.register": ["router.register", "router.*", "router.>", ">", "*.register"],
    "router.greet": ["router.*", "router.>", ">"],
    router: ["router", ">"],
    "router.a.b": ["router.>", ">"],
    "a.b.c": ["a.*.c", "a.>", ">"],
    "a.b": ["a.>", ">"],
  };
  for (const [subject, wanted] of Object.entries(cases)) {
    assert.deepEqual(index.match(subject).sort(), wanted.sort(), subject);
  }
});

test("property: the index finds exactly what a token by token comparison finds, also after removals", () => {
  const token = fc.constantFrom("a", "b", "c");
  const published = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("."));
  const subscribed = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "c", "*"), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([tokens, rest]) => [...tokens, ...(rest ? [">"] : [])].join("."));
  fc.assert(
    fc.property(fc.array(subscribed), fc.array(subscribed), published, (kept, removed, subject) => {
      const index = new SubjectIndex<object>();
      const all = [...kept, ...removed].map((pattern) => ({ pattern }));
      for (const one of all) index.add(one.pattern, one);
      for (const one of all.slice(kept.length)) assert.equal(index.delete(one.pattern, one), true);
      const left = all.slice(0, kept.length);
      assert.equal(index.size, left.length);
      const wanted = left.filter((one) => matches(one.pattern, subject));
      assert.deepEqual(new Set(index.match(subject)), new Set(wanted));
    }),
  );
});

test("subjects with empty tokens, white space or misplaced wildcards are refused", () => {
  for (const bad of ["", ".", "a.", ".a", "a..b", "a b", "a.>.b", "a\r\nPUB"]) {
    assert.equal(isSubscribeSubject(bad), false, JSON.stringify(bad));
  }
  assert.equal(isSubscribeSubject("a.*.>"), true);
  assert.equal(isPublishSubject("a.*"), false);
  assert.equal(isPublishSubject("a.>"), false);
  assert.equal(isPublishSubject("a.b*c"), true);
});

function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const given = subject.split(".");
  for (const [at, token] of wanted.entries()) {
    if (token === ">") return given.length > at;
    if (given[at] === undefined || (token !== "*" && token !== given[at])) return false;
  }
  return wanted.length === given.length;
}
