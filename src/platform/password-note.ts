/** In place of the administrator's password, where what is said goes into a file; who reads the file for a terminal puts it in. */
export const PASSWORD_NOT_SHOWN = "(in secrets.json)";
