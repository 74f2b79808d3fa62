import type { Role } from "../contracts/me.ts";
import type { Database, Sql } from "../db/sql.ts";
import type { Directory, DirectoryUser } from "./directory.ts";
import type { KnownUser } from "./sessions.ts";

/**
 * Writes what the directory says about a person; the directory's own identity decides who it is. A login name that the directory has
 * given to somebody else since is taken from its old holder.
 */
export async function upsertUser(tx: Sql, person: DirectoryUser, roles: readonly Role[]): Promise<{ userId: number }> {
  await tx.count(
    `UPDATE users SET login = left(login, 40) || '.' || id, updated_at = clock_timestamp()
     WHERE lower(login) = lower($1) AND directory_id <> $2`,
    [person.login, person.directoryId],
  );
  return tx.one<{ userId: number }>(
    `INSERT INTO users (directory_id, login, name, mail, groups, roles, groups_read_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6::role[], clock_timestamp(), clock_timestamp())
     ON CONFLICT (directory_id) DO UPDATE SET login = excluded.login, name = excluded.name, mail = excluded.mail,
       groups = excluded.groups, roles = excluded.roles, groups_read_at = excluded.groups_read_at,
       disabled_at = NULL, updated_at = excluded.updated_at
     RETURNING id AS "userId"`,
    [person.directoryId, person.login, person.name, person.mail, person.groups, roles],
  );
}

/** The user with this login name, made from the directory when they have never been here; null when nobody has it. */
export async function userOfLogin(
  tools: {
    sql: Database;
    directory: Pick<Directory, "findLogin">;
    rolesOf(groups: readonly string[]): Promise<Role[]>;
  },
  login: string,
): Promise<number | null> {
  const person = await tools.directory.findLogin(login);
  if (!person) return null;
  const roles = await tools.rolesOf(person.groups);
  const { userId } = await tools.sql.transaction((tx) => upsertUser(tx, person, roles));
  return userId;
}

/** Disables a person whom the directory no longer has, and ends their sessions. Their tokens stop working with them. */
export async function disableUser(sql: Database, userId: number): Promise<void> {
  await sql.transaction(async (tx) => {
    await tx.count(
      "UPDATE users SET disabled_at = clock_timestamp(), groups = '{}', roles = '{}' WHERE id = $1 AND disabled_at IS NULL",
      [userId],
    );
    await tx.count("UPDATE sessions SET revoked_at = clock_timestamp() WHERE user_id = $1 AND revoked_at IS NULL", [
      userId,
    ]);
  });
}

/** Reads people's groups from the directory again when they are old; one question at a time per person. */
export class UserRefresher {
  private readonly sql: Database;
  private readonly directory: Directory;
  private readonly rolesOf: (groups: readonly string[]) => Promise<Role[]>;
  private readonly underWay = new Map<number, Promise<KnownUser | null>>();
  private directoryIsAway = false;

  constructor(sql: Database, directory: Directory, rolesOf: (groups: readonly string[]) => Promise<Role[]>) {
    this.sql = sql;
    this.directory = directory;
    this.rolesOf = rolesOf;
  }

  /**
   * The person as they are now, or null when the directory no longer has them. While it does not answer, what was last known counts,
   * and nobody waits for it: it is asked in the background until it is back.
   */
  async fresh<User extends KnownUser>(user: User): Promise<User | null> {
    if (!user.stale) return user;
    const question = this.ask(user);
    if (this.directoryIsAway) {
      question.catch(() => {}); // whoever asks next asks again
      return user;
    }
    const now = await question;
    return now && { ...user, ...now };
  }

  private ask(user: KnownUser): Promise<KnownUser | null> {
    const known = this.underWay.get(user.userId);
    if (known) return known;
    const question = this.read(user).finally(() => this.underWay.delete(user.userId));
    this.underWay.set(user.userId, question);
    return question;
  }

  private async read(user: KnownUser): Promise<KnownUser | null> {
    let person: DirectoryUser | null;
    try {
      person = await this.directory.find(user.directoryId);
      this.directoryIsAway = false;
    } catch {
      this.directoryIsAway = true;
      return user;
    }
    if (!person) {
      await disableUser(this.sql, user.userId);
      return null;
    }
    const found = person;
    const roles = await this.rolesOf(found.groups);
    await this.sql.transaction((tx) => upsertUser(tx, found, roles));
    return { ...user, login: found.login, name: found.name, mail: found.mail, groups: found.groups, stale: false };
  }
}
