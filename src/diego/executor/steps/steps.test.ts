import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../kit/clock-system.ts";
import { CapturedOutput } from "../log-streamer.ts";
import { codependent, parallel, serial } from "./group-steps.ts";
import { cancelled, DetachedError, emittable, type Step, StepError } from "./step.ts";
import { withProgress, withTimeout, withTry } from "./wrapper-steps.ts";

const never = new AbortController().signal;
const none = (): void => undefined;
const good: Step = async (_signal, ready) => ready();
const bad: Step = async () => {
  throw emittable("bad");
};
/** Runs until it is asked to end. */
const long: Step = async (signal, ready) => {
  ready();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  throw cancelled();
};

test("serial ends at the first error and is ready when its last step is", async () => {
  const ran: string[] = [];
  const step =
    (name: string, end: Step): Step =>
    async (signal, ready) => {
      ran.push(name);
      await end(signal, ready);
    };
  await assert.rejects(serial([step("a", good), step("b", bad), step("c", good)])(never, none), { message: "bad" });
  assert.deepEqual(ran, ["a", "b"]);
  let readyAfter = 0;
  await serial([step("a", good), step("b", good)])(never, () => {
    readyAfter = ran.length;
  });
  assert.equal(readyAfter, 4);
});

test("parallel waits for all and joins what may be shown", async () => {
  const asked: Step = async () => {
    throw cancelled();
  };
  await assert.rejects(parallel([bad, asked, bad, good])(never, none), { message: "bad; bad", kind: "group" });
});

test("codependent: a failure cancels the others; a good end is a failure where it must not happen", async () => {
  await assert.rejects(codependent([long, bad], { errorOnExit: false, cancelOthersOnExit: false })(never, none), {
    message: "bad",
  });
  await assert.rejects(codependent([long, good], { errorOnExit: true, cancelOthersOnExit: false })(never, none), {
    message: "Codependent step exited",
  });
  await assert.rejects(codependent([long, good], { errorOnExit: false, cancelOthersOnExit: true })(never, none), {
    message: "",
  });
});

test("codependent is ready when all of it is", async () => {
  let isReady = false;
  const stop = new AbortController();
  const slow = Promise.withResolvers<void>();
  const late: Step = async (signal, ready) => {
    await slow.promise;
    await long(signal, ready);
  };
  const run = codependent([long, late], { errorOnExit: false, cancelOthersOnExit: false })(stop.signal, () => {
    isReady = true;
  });
  assert.equal(isReady, false);
  slow.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isReady, true);
  stop.abort();
  await assert.rejects(run, { message: "" });
});

test("a step over its time is cancelled, and the step's own words are added", async () => {
  const clock = systemClock();
  await assert.rejects(withTimeout(long, 10, clock)(never, none), {
    message: "exceeded 10ms timeout",
    kind: "emittable",
  });
  const talkative: Step = async (signal, ready) => {
    await long(signal, ready).catch(none);
    throw emittable("APP: Exited with status 143");
  };
  await assert.rejects(withTimeout(talkative, 10, clock)(never, none), {
    message: "exceeded 10ms timeout; APP: Exited with status 143",
  });
  await withTimeout(good, 1000, clock)(never, none);
  await assert.rejects(withTimeout(bad, 1000, clock)(never, none), { message: "bad" });
});

test("try hides failures but not that the platform goes away", async () => {
  await withTry(bad)(never, none);
  const detached: Step = async () => {
    throw new DetachedError("platform goes away");
  };
  await assert.rejects(withTry(detached)(never, none), DetachedError);
  await assert.rejects(parallel([bad, detached])(never, none), DetachedError);
});

test("progress is told around the step", async () => {
  const sink = new CapturedOutput("STG");
  const messages = { start: "Uploading...", success: "Uploaded", failurePrefix: "Uploading failed" };
  await withProgress(good, messages, sink, () => true)(never, none);
  await assert.rejects(withProgress(bad, messages, sink, () => false)(never, none), StepError);
  assert.equal(sink.text, "Uploading...\nUploaded\nUploading failed: bad");
});
