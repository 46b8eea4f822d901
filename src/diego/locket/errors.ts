/** Diego: locket/models/errors.go (ErrInvalidTTL, ErrInvalidOwner, ErrInvalidType). */
export class InvalidLockError extends Error {}
