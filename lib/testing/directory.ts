import { randomBytes } from "node:crypto";
import { Client } from "ldapts";
import { hashPassword } from "../../scripts/services/directory-content.ts";
import { testServices } from "./test-services.ts";

/** What the groups of the demo's people are worth. */
export const DEMO_ROLES = { developer: ["developers"], sheriff: ["sheriffs"], admin: ["admins"] };

/** Where entries are made, and by whom. */
export interface DirectoryAdmin {
  url: string;
  adminDn: string;
  adminPassword: string;
  userBase: string;
  groupBase: string;
}

/** A person whom a test has put into the directory. */
export interface TestPerson {
  dn: string;
  login: string;
  password: string;
}

/** The directory of the test services, with the right to change it. */
export function testDirectory(): DirectoryAdmin {
  return testServices().ldap;
}

/** Adds a person with a name of its own. */
export async function addPerson(
  admin: DirectoryAdmin,
  person: { login?: string; password?: string; name?: string } = {},
): Promise<TestPerson> {
  const login = person.login ?? `user-${randomBytes(5).toString("hex")}`;
  const password = person.password ?? randomBytes(12).toString("base64url");
  const dn = `uid=${login},${admin.userBase}`;
  const name = person.name ?? login;
  await asAdmin(admin, (client) =>
    client.add(dn, {
      objectClass: "inetOrgPerson",
      uid: login,
      cn: name,
      sn: name,
      mail: `${login}@example.org`,
      userPassword: hashPassword(password),
    }),
  );
  return { dn, login, password };
}

/** Adds a group with these members (of any kind, also other groups). */
export async function addGroup(
  admin: DirectoryAdmin,
  group: { name?: string; members: readonly string[]; base?: string },
): Promise<{ dn: string; name: string }> {
  const name = group.name ?? `group-${randomBytes(5).toString("hex")}`;
  const dn = `cn=${name},${group.base ?? admin.groupBase}`;
  await asAdmin(admin, (client) =>
    client.add(dn, { objectClass: "groupOfNames", cn: name, member: [...group.members] }),
  );
  return { dn, name };
}

/** Runs `work` with all rights over the directory. */
export async function asAdmin<T>(admin: DirectoryAdmin, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ url: admin.url, timeout: 5_000, connectTimeout: 5_000 });
  try {
    await client.bind(admin.adminDn, admin.adminPassword);
    return await work(client);
  } finally {
    await client.unbind();
  }
}
