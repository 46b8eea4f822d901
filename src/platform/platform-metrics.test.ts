import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "../kit/metrics.ts";
import { type Answered, answers } from "../kit/served.ts";
import { measureAnswers, measureAudit, resourceOf } from "./platform-metrics.ts";

const { signal } = new AbortController();

test("routes are counted by their kind, whatever callers write", () => {
  for (const [route, resource] of [
    ["/v3/apps/:guid/environment_variables", "apps"],
    ["/v3/info", "info"],
    ["/v3", "v3"],
    ["/", "root"],
    ["", "none"],
    ["*", "none"],
    ["/oauth/token", "oauth"],
    ["/Users/:id", "Users"],
    ["/:anything", "none"],
    ["/internal/v4/log_access/:guid", "log_access"],
  ] as const) {
    assert.equal(resourceOf(route), resource, route);
  }
});

test("answers are counted while somebody measures, and names of tenants are on no page", async () => {
  const metrics = new Metrics();
  const answer: Answered = { system: "UAA", method: "GET", route: "/Users/:id", status: 404, durationMs: 12 };
  {
    using _ = measureAnswers(metrics);
    answers.publish(answer);
    answers.publish({ ...answer, method: "MADEUP", status: 200 });
    answers.publish({ ...answer, route: "" });
  }
  answers.publish(answer);
  const page = await metrics.page(signal);
  assert.match(page, /ingot_http_requests_total\{system="UAA",resource="Users",method="GET",status="4xx"\} 1\n/);
  assert.match(page, /method="other",status="2xx"\} 1\n/);
  assert.match(page, /resource="none"/);
  assert.match(page, /ingot_http_request_seconds_count\{system="UAA",resource="Users"\} 2\n/);
});

test("grants are counted by their last word", async () => {
  const metrics = new Metrics();
  const audited = measureAudit(metrics);
  audited("TokenIssuedEvent", "urn:ietf:params:oauth:grant-type:jwt-bearer");
  audited("UserAuthenticationFailure", null);
  const page = await metrics.page(signal);
  assert.match(page, /event="TokenIssuedEvent",grant="jwt-bearer"\} 1\n/);
  assert.match(page, /event="UserAuthenticationFailure",grant=""\} 1\n/);
});
