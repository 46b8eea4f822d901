import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** A POST whose body is a bare text, whatever the content type says; quotes around it are left aside. */
export function postBareText(
  server: FastifyInstance,
  path: string,
  handler: (text: string, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
    scope.post(path, (request, reply) => {
      const text = typeof request.body === "string" ? request.body.trim().replaceAll(/^"|"$/g, "") : "";
      return handler(text, request, reply);
    });
  });
}
