import type { FastifyReply } from "fastify";
import { toWireError } from "../errors.ts";

/** Answers with an error document. */
export function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, headers, body } = toWireError(error);
  return reply.code(status).headers(headers).send(body);
}
