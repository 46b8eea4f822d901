import { bodyText, type HttpResponse } from "../../kit/http-client.ts";
import type { ProviderContext } from "./context.ts";
import type { ProviderConfig } from "./identity-provider.ts";

/** The provider did not answer as it should; the text is for the log and names no secret. */
export class ProviderError extends Error {}

const TIMEOUT_MS = 10_000;
const BODY_BYTES_MAX = 524_288;

export interface ProviderRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** With a form it is a POST. */
  readonly form?: Readonly<Record<string, string>>;
}

/**
 * One JSON question to a provider. Who may register providers decides where we connect to, so: http and https only, no
 * redirects followed, no internal names of the platform (the client given to the UAA knows none), a limit on time and size,
 * and nothing of the answer but known fields ever goes to the caller. Throws `ProviderError`.
 */
export async function askProvider(
  context: ProviderContext,
  config: ProviderConfig,
  request: ProviderRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const { url, form } = request;
  if (!isHttpUrl(url)) throw new ProviderError("not an http or https URL");
  const host = new URL(url).host;
  let answer: HttpResponse;
  let text: string;
  try {
    answer = await context.http.request({
      method: form === undefined ? "GET" : "POST",
      url,
      headers: {
        accept: "application/json",
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        ...request.headers,
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
      ...(config["skipSslValidation"] === true ? { skipTlsVerification: true } : {}),
      signal: context.clock.deadline(TIMEOUT_MS),
    });
    text = await bodyText(answer.body, BODY_BYTES_MAX);
  } catch (error) {
    throw new ProviderError(`${host} gave no answer`, { cause: error });
  }
  if (answer.status !== 200) throw new ProviderError(`${host} answered ${answer.status}`);
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new ProviderError(`${host} answered something that is no JSON object`);
}

export function isHttpUrl(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
