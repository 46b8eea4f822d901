/** What the caller asked for cannot be answered. `grpcCode` is the number that the real gateway puts in its error body. */
export class LogCacheError extends Error {
  readonly status: number;
  readonly grpcCode: number;

  constructor(status: number, grpcCode: number, message: string) {
    super(message);
    this.status = status;
    this.grpcCode = grpcCode;
  }
}

/** A query parameter that is no value of its type. grpc-gateway: runtime/query.go */
export function badParameter(name: string, reason: string): LogCacheError {
  return new LogCacheError(400, 3, `parsing field "${name}": ${reason}`);
}

/** A value that the store refuses; the real one reports it as an unknown error. Log-cache: local_store_reader.go */
export function refused(message: string): LogCacheError {
  return new LogCacheError(500, 2, message);
}
