import { randomBytes } from "node:crypto";
import { type Client, type Entry, EqualityFilter, ResultCodeError } from "ldapts";
import { SchedulerError } from "../scheduler/errors.ts";
import { isLogin, isPassword } from "./credentials.ts";
import { groupsOf, texts } from "./directory-groups.ts";
import { needsStartTls, withLdap } from "./ldap.ts";

/** How to use the directory of people. */
export interface DirectoryOptions {
  /** Servers with the same content, tried in this order. */
  urls: readonly string[];
  ca?: string | undefined;
  /** Encrypt connections to this machine itself, too; others always are. */
  startTls?: boolean;
  /** The account that may search. */
  bindDn: string;
  bindPassword: string;
  userBase: string;
  groupBase: string;
  /** The attribute that people type as their user name; `uid` by default. */
  userAttribute?: string;
  /** The attribute that stays the same for ever; `entryUUID` by default. */
  idAttribute?: string;
  /** For the connection and for each answer; 3,000 by default. */
  timeoutMs?: number;
  /** Milliseconds of any clock that only goes forward; for tests. */
  now?: () => number;
}

/** A person as the directory knows them. */
export interface DirectoryUser {
  directoryId: string;
  login: string;
  name: string;
  mail: string | null;
  groups: string[];
}

interface Server {
  url: string;
  failedAt: number | null;
}

const BREAK_MS = 30_000;
const PROBE_MS = 2_000;
/** A server that says one of these has looked at the password, and says no. */
const REFUSED_CODES = new Set([
  19, // constraint violation: how some say that an account is locked
  32, // no such entry
  48, // inappropriate authentication: the entry has no password
  49, // invalid credentials
  50, // insufficient access
  53, // unwilling to perform: how some say that an account is disabled
]);

/**
 * The directory of people, over LDAP. "It says no" is an answer; when no server can answer, every method throws
 * `SchedulerError("unavailable")`. A server that failed is asked last for 30 s.
 */
export class Directory {
  private readonly options: DirectoryOptions;
  private readonly servers: Server[];
  private readonly now: () => number;

  constructor(options: DirectoryOptions) {
    if (options.urls.length === 0) throw new Error("The directory needs at least one LDAP URL.");
    for (const url of options.urls) needsStartTls(url); // throws on a malformed one
    this.options = options;
    this.servers = options.urls.map((url) => ({ url, failedAt: null }));
    this.now = options.now ?? (() => performance.now());
  }

  /** Who this is, or null when the directory says no; an unknown name and a wrong password take the same way. */
  async authenticate(login: string, password: string): Promise<DirectoryUser | null> {
    if (!isLogin(login) || !isPassword(password)) return null;
    return this.ask(async (client) => {
      const entry = await this.findEntry(client, this.userAttribute, login);
      const matches = await passwordMatches(client, entry?.dn ?? this.nobody(), password);
      if (!entry || !matches) return null;
      await this.bindService(client); // the person's own rights may not reach the groups
      return this.toUser(client, entry, login);
    });
  }

  /** The person with this identity as the directory knows them now, or null when they are gone. */
  async find(directoryId: string): Promise<DirectoryUser | null> {
    return this.ask(async (client) => {
      const entry = await this.findEntry(client, this.idAttribute, directoryId);
      return entry ? this.toUser(client, entry) : null;
    });
  }

  /** The person with this login name, or null when nobody has it. */
  async findLogin(login: string): Promise<DirectoryUser | null> {
    if (!isLogin(login)) return null;
    return this.ask(async (client) => {
      const entry = await this.findEntry(client, this.userAttribute, login);
      return entry ? this.toUser(client, entry, login) : null;
    });
  }

  /** Resolves when some server takes the service account. */
  async check(): Promise<void> {
    await this.ask(async () => {});
  }

  private get userAttribute(): string {
    return this.options.userAttribute ?? "uid";
  }

  private get idAttribute(): string {
    return this.options.idAttribute ?? "entryUUID";
  }

  private async ask<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const causes: unknown[] = [];
    const { ca, startTls, timeoutMs = 3_000 } = this.options;
    for (const server of this.inOrder()) {
      try {
        const answer = await withLdap({ url: server.url, ca, startTls, timeoutMs }, async (client) => {
          await this.bindService(client);
          return work(client);
        });
        server.failedAt = null;
        return answer;
      } catch (cause) {
        server.failedAt = this.now();
        causes.push(new Error(`${server.url} cannot answer: ${reasonOf(cause)}`, { cause }));
      }
    }
    const cause = causes.length > 0 ? new AggregateError(causes, causes.map(reasonOf).join("; ")) : undefined;
    throw new SchedulerError("unavailable", "The directory does not answer at the moment. Try again shortly.", {
      ...(cause && { cause }),
    });
  }

  /** The sound servers; when there is none, those that failed, each at most every 2 s. */
  private inOrder(): Server[] {
    const since = (server: Server) => (server.failedAt === null ? Infinity : this.now() - server.failedAt);
    return [
      ...this.servers.filter((server) => since(server) >= BREAK_MS),
      ...this.servers.filter((server) => since(server) < BREAK_MS && since(server) >= PROBE_MS),
    ];
  }

  private async bindService(client: Client): Promise<void> {
    await client.bind(this.options.bindDn, this.options.bindPassword);
  }

  private async findEntry(client: Client, attribute: string, value: string): Promise<Entry | null> {
    const { searchEntries } = await client.search(this.options.userBase, {
      filter: new EqualityFilter({ attribute, value }),
      attributes: [this.userAttribute, this.idAttribute, "cn", "displayName", "mail", "memberOf"],
      derefAliases: "never",
      sizeLimit: 2,
    });
    const [entry, another] = searchEntries;
    return entry && !another ? entry : null; // two of one name: nobody can say who it is
  }

  private async toUser(client: Client, entry: Entry, typed?: string): Promise<DirectoryUser | null> {
    const logins = texts(entry, this.userAttribute).filter(isLogin);
    const login = logins.find((one) => one.toLowerCase() === typed?.toLowerCase()) ?? logins[0];
    const [directoryId] = texts(entry, this.idAttribute);
    if (directoryId === undefined) throw new Error(`The entry ${entry.dn} has no ${this.idAttribute}.`);
    if (login === undefined) return null;
    const member = { dn: entry.dn, memberOf: texts(entry, "memberOf") };
    return {
      directoryId: directoryId.toLowerCase(),
      login,
      name: plain(texts(entry, "displayName")[0] ?? texts(entry, "cn")[0] ?? login),
      mail: plain(texts(entry, "mail")[0] ?? "").toLowerCase() || null,
      groups: await groupsOf(client, member, this.options.groupBase),
    };
  }

  /** A name that no entry has: so that an unknown user costs a bind, too. */
  private nobody(): string {
    return `${this.userAttribute}=${randomBytes(16).toString("hex")},${this.options.userBase}`;
  }
}

/** Binds with a name that the directory gave, never one that somebody typed. */
async function passwordMatches(client: Client, dn: string, password: string): Promise<boolean> {
  if (!dn.includes("=")) throw new Error("The directory gave an entry without a name."); // it would be an anonymous or a SASL bind
  try {
    await client.bind(dn, password);
    return true;
  } catch (error) {
    if (error instanceof ResultCodeError && REFUSED_CODES.has(error.code)) return false;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f]/g;

function plain(text: string): string {
  return text.replace(CONTROL_CHARACTERS, " ").trim().slice(0, 200);
}
