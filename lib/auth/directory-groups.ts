import { type Client, type Entry, EqualityFilter, OrFilter } from "ldapts";

const MAX_DEPTH = 10;
const MAX_GROUPS = 1_000;
const NAMES_PER_SEARCH = 50;

/** An entry whose groups are asked for. */
export interface Member {
  dn: string;
  /** The groups that the directory itself says it is in. */
  memberOf: readonly string[];
}

/**
 * The names (`cn`) of all groups under `groupBase` that the member is in, directly or through other groups (10 levels, 1,000 groups),
 * sorted. Both ways of saying it count: the group's `member` or `uniqueMember`, and the member's `memberOf`. Groups elsewhere in the
 * directory do not count, because others may be able to make them.
 */
export async function groupsOf(client: Client, member: Member, groupBase: string): Promise<string[]> {
  const names = new Map<string, string>();
  let frontier: Member[] = [member];
  for (let depth = 0; depth < MAX_DEPTH && frontier.length > 0 && names.size < MAX_GROUPS; depth++) {
    const found = [
      ...(await groupsThatName(client, frontier, groupBase)),
      ...(await groupsNamedBy(client, frontier, groupBase, names)),
    ];
    frontier = [];
    for (const entry of found) {
      const key = normalized(entry.dn);
      const name = texts(entry, "cn")[0];
      if (name === undefined || names.has(key) || names.size >= MAX_GROUPS) continue;
      names.set(key, name);
      frontier.push({ dn: entry.dn, memberOf: texts(entry, "memberOf") });
    }
  }
  return [...new Set(names.values())].sort();
}

/** The text values of an attribute; none when it is absent or binary. */
export function texts(entry: Entry, attribute: string): string[] {
  const key = Object.keys(entry).find((name) => name.toLowerCase() === attribute.toLowerCase());
  const value = key === undefined ? undefined : entry[key];
  const values: readonly (Buffer | string)[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return values.filter((one): one is string => typeof one === "string" && one !== "" && !one.includes("\0"));
}

async function groupsThatName(client: Client, members: readonly Member[], groupBase: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (let start = 0; start < members.length; start += NAMES_PER_SEARCH) {
    const filters = members
      .slice(start, start + NAMES_PER_SEARCH)
      .flatMap(({ dn }) => ["member", "uniqueMember"].map((attribute) => new EqualityFilter({ attribute, value: dn })));
    const { searchEntries } = await client.search(groupBase, {
      filter: new OrFilter({ filters }),
      attributes: ["cn", "memberOf"],
      sizeLimit: MAX_GROUPS,
    });
    found.push(...searchEntries);
  }
  return found;
}

async function groupsNamedBy(
  client: Client,
  members: readonly Member[],
  groupBase: string,
  known: ReadonlyMap<string, string>,
): Promise<Entry[]> {
  const inBase = `,${normalized(groupBase)}`;
  const wanted = new Map<string, string>();
  for (const dn of members.flatMap(({ memberOf }) => memberOf)) {
    const key = normalized(dn);
    if (key.endsWith(inBase) && !known.has(key)) wanted.set(key, dn);
  }
  const found: Entry[] = [];
  for (const dn of [...wanted.values()].slice(0, MAX_GROUPS)) {
    const { searchEntries } = await client.search(dn, { scope: "base", attributes: ["cn", "memberOf"] });
    found.push(...searchEntries);
  }
  return found;
}

function normalized(dn: string): string {
  return dn.toLowerCase().replace(/\s*([,=+])\s*/g, "$1");
}
