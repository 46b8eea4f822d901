import { bodyText, type HttpClient } from "../kit/http-client.ts";

const ANSWER_BYTES_MAX = 65_536;

/**
 * Whether a token may read a source's logs: the Cloud Controller decides, in its own endpoint for log-cache.
 * CC: GET /internal/v4/log_access/:guid, 200 or 404
 */
export function logAccess(
  http: HttpClient,
): (token: string, sourceId: string, signal: AbortSignal) => Promise<boolean> {
  return async (token, sourceId, signal) => {
    const { status, body } = await http.request({
      method: "GET",
      url: `https://cloud-controller-ng.service.cf.internal:9023/internal/v4/log_access/${encodeURIComponent(sourceId)}`,
      headers: { authorization: `bearer ${token.replace(/^bearer\s+/i, "")}` },
      signal,
    });
    await bodyText(body, ANSWER_BYTES_MAX);
    return status === 200;
  };
}
