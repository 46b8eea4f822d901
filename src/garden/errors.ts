export type GardenErrorKind =
  /** No such container or process. Garden: ContainerNotFoundError, ProcessNotFoundError */
  | "not-found"
  /** The handle or process id is taken. Garden: "Handle 'x' already in use" */
  | "exists"
  /** The rootfs names no stack of this cell. */
  | "no-rootfs"
  /** The request itself is wrong: a handle that cannot be a file name, an unknown user … */
  | "invalid"
  /** The pool of addresses or ports is empty, or too many containers are there. */
  | "exhausted"
  /** This machine cannot do what was asked for. */
  | "unavailable"
  /** The kernel or a program said no. */
  | "failed";

/** Every failure of Garden; `kind` tells callers what to do about it. */
export class GardenError extends Error {
  readonly kind: GardenErrorKind;
  constructor(kind: GardenErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GardenError";
    this.kind = kind;
  }
}
