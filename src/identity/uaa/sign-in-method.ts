/** How somebody signed in. */
export interface SignInMethod {
  /** RFC 8176, e.g. `pwd`, `mfa`, `ext`. */
  readonly authMethods: readonly string[];
  readonly acr?: readonly string[];
  /** External groups, for the claim `roles`; and custom attributes, for `user_attributes`. */
  readonly roles?: readonly string[];
  readonly userAttributes?: Readonly<Record<string, readonly string[]>>;
}

/** This and nothing else of what comes with it: it is kept in sessions and codes. */
export function signInMethodOf({ authMethods, acr, roles, userAttributes }: SignInMethod): SignInMethod {
  return {
    authMethods,
    ...(acr === undefined ? {} : { acr }),
    ...(roles === undefined ? {} : { roles }),
    ...(userAttributes === undefined ? {} : { userAttributes }),
  };
}
