export { LockCollisionError } from "./client.ts";

/** Diego: locket/models/errors.go (ErrInvalidTTL, ErrInvalidOwner, ErrInvalidType). */
export class InvalidLockError extends Error {}
