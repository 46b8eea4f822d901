import type { FastifyInstance } from "fastify";
import { UaaError } from "../errors.ts";
import { sendError } from "./error-answer.ts";

/**
 * Answers what no route answers: 405 where there is one for another method, 404 elsewhere. Call before the routes are added.
 * UAA: HttpMethodNotSupportedAdvice
 */
export function answerUnknownRoutes(server: FastifyInstance): void {
  const patterns = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  server.addHook("onRoute", ({ url, method }) => {
    const known = patterns.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const verb of [method].flat()) known.methods.add(verb);
    patterns.set(url, known);
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]!;
    const methods = [...patterns.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((known) => [...known.methods]);
    const error =
      methods.length === 0
        ? new UaaError("not_found", "The requested resource was not found")
        : new UaaError("method_not_allowed", `Request method '${request.method}' not supported`);
    if (methods.length > 0) reply.header("allow", [...new Set(methods)].join(", "));
    return sendError(reply, error);
  });
}

function patternOf(url: string): RegExp {
  const source = url.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/:\w+/g, "[^/]+");
  return new RegExp(`^${source}/?$`);
}
