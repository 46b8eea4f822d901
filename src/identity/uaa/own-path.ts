/** Stands for whatever name we are reached by. */
const SELF = "http://self.invalid";

/**
 * A path of ours, fit for a Location header: nobody is sent to another site after sign-in. Whatever else was wanted
 * leads home.
 */
export function ownPath(wanted: string | undefined): string {
  if (wanted === undefined || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(wanted) || !URL.canParse(wanted, SELF)) return "/";
  const url = new URL(wanted, SELF);
  const path = `${url.pathname}${url.search}${url.hash}`;
  return url.origin === SELF && !path.startsWith("//") ? path : "/";
}
