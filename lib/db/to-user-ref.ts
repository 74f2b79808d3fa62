import type { UserRef } from "../contracts/id.ts";

/** The three columns of a joined user as a reference; null when nobody was joined. */
export function toUserRef(id: number | null, login: string | null, name: string | null): UserRef | null {
  return id === null || login === null ? null : { id, login, name: name ?? login };
}
