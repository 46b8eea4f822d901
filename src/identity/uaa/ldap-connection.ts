import type { Client } from "ldapts";
import type { ProviderConfig } from "./identity-provider.ts";

/** The directory did not answer, or not as one. */
export class LdapUnavailableError extends Error {}

/** An entry; attribute names in lower case. */
export interface LdapEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

const TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const ENTRIES_MAX = 500;

/** One connection to a directory, over plain TCP, StartTLS or TLS as the provider says. Disposal ends it. */
export class LdapConnection implements AsyncDisposable {
  readonly #client: Client;
  /** Of the URL: names in the configuration are relative to it. */
  readonly base: string;

  private constructor(client: Client, base: string) {
    this.#client = client;
    this.base = base;
  }

  /** Tries the URLs of the provider in turn. Throws `LdapUnavailableError`. */
  static async open(config: ProviderConfig): Promise<LdapConnection> {
    const { Client: LdapClient } = await import("ldapts");
    const urls = String(config["baseUrl"])
      .split(/\s+/)
      .filter((url) => url !== "");
    const tlsOptions = { rejectUnauthorized: config["skipSSLVerification"] !== true, minVersion: "TLSv1.2" as const };
    let failure: unknown;
    for (const text of urls) {
      const url = new URL(text);
      const isTls = url.protocol === "ldaps:";
      const client = new LdapClient({
        url: `${url.protocol}//${url.host}`,
        timeout: TIMEOUT_MS,
        connectTimeout: CONNECT_TIMEOUT_MS,
        ...(isTls ? { tlsOptions } : {}),
      });
      const connection = new LdapConnection(client, decodeURIComponent(url.pathname.replace(/^\//, "")));
      try {
        const startsTls = config["tlsConfiguration"] === "simple" || config["tlsConfiguration"] === "external";
        if (startsTls && !isTls) await client.startTLS({ ...tlsOptions, servername: url.hostname });
        else await client.bind("", ""); // only to see that somebody is there
        return connection;
      } catch (error) {
        failure = error;
        // A directory that takes no anonymous bind has answered all the same.
        if (await isAnswer(error)) return connection;
        await connection[Symbol.asyncDispose]();
      }
    }
    throw new LdapUnavailableError("The LDAP server cannot be reached", { cause: failure });
  }

  /** False when the directory refuses the password. An empty one would be an anonymous bind, so it is refused here. */
  async bind(dn: string, password: string): Promise<boolean> {
    if (password === "" || dn === "") return false;
    return await this.#asked(async ({ InvalidCredentialsError, NoSuchObjectError, InvalidDNSyntaxError }) => {
      try {
        await this.#client.bind(dn, password);
        return true;
      } catch (error) {
        const isRefusal = [InvalidCredentialsError, NoSuchObjectError, InvalidDNSyntaxError].some(
          (kind) => error instanceof kind,
        );
        if (isRefusal) return false;
        throw error;
      }
    });
  }

  /** At most 500 entries; none when the base does not exist. */
  async search(
    base: string,
    filter: string,
    options: { readonly scope?: "base" | "one" | "sub"; readonly attributes?: readonly string[] } = {},
  ): Promise<LdapEntry[]> {
    return await this.#asked(async ({ NoSuchObjectError }) => {
      try {
        const { searchEntries } = await this.#client.search(base, {
          filter,
          scope: options.scope ?? "sub",
          sizeLimit: ENTRIES_MAX,
          timeLimit: TIMEOUT_MS / 1000,
          ...(options.attributes === undefined ? {} : { attributes: [...options.attributes] }),
        });
        return searchEntries.map(toEntry);
      } catch (error) {
        if (error instanceof NoSuchObjectError) return [];
        throw error;
      }
    });
  }

  async compare(dn: string, attribute: string, value: string): Promise<boolean> {
    return await this.#asked(async ({ NoSuchAttributeError }) => {
      try {
        return await this.#client.compare(dn, attribute, value);
      } catch (error) {
        if (error instanceof NoSuchAttributeError) return false;
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.unbind().catch(() => undefined); // gone already
  }

  async #asked<T>(work: (errors: typeof import("ldapts")) => Promise<T>): Promise<T> {
    try {
      return await work(await import("ldapts"));
    } catch (error) {
      throw new LdapUnavailableError(`The LDAP server answered: ${(error as Error).name}`, { cause: error });
    }
  }
}

async function isAnswer(error: unknown): Promise<boolean> {
  const { ResultCodeError } = await import("ldapts");
  return error instanceof ResultCodeError && error.code > 0;
}

function toEntry(entry: Readonly<Record<string, unknown>>): LdapEntry {
  const attributes: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>;
  for (const [name, value] of Object.entries(entry)) {
    if (name === "dn") continue;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    attributes[name.toLowerCase()] = list.map((item) =>
      Buffer.isBuffer(item) ? item.toString("base64") : String(item),
    );
  }
  return { dn: String(entry["dn"]), attributes };
}
