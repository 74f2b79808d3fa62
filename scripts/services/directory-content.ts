import { createHash, randomBytes } from "node:crypto";

/** The root of the private directory's tree. */
export const DIRECTORY_SUFFIX = "dc=example,dc=org";

/** Names of the private directory that a program needs to use it. */
export const DIRECTORY_NAMES = {
  userBase: `ou=people,${DIRECTORY_SUFFIX}`,
  groupBase: `ou=groups,${DIRECTORY_SUFFIX}`,
  /** The account the product searches with. */
  service: `cn=self-serve,${DIRECTORY_SUFFIX}`,
  /** The account that may change entries: for tests that add people. */
  administrator: `cn=administrator,${DIRECTORY_SUFFIX}`,
};

/** A person of the demo, whose password is the name. */
export interface DemoPerson {
  uid: string;
  name: string;
  groups: string[];
}

/** Everybody the demo's directory knows at first. */
export const DEMO_PEOPLE: DemoPerson[] = [
  { uid: "dev", name: "Devin Dev", groups: ["developers"] },
  { uid: "dana", name: "Dana Dev", groups: ["developers"] },
  { uid: "sheriff", name: "Sherry Sheriff", groups: ["developers", "sheriffs"] },
  { uid: "admin", name: "Ada Admin", groups: ["developers", "sheriffs", "admins"] },
];

const GROUPS = ["developers", "sheriffs", "admins"];

/** The entries a fresh directory starts with, as LDIF. */
export function firstEntries(servicePassword: string): string {
  const { userBase, groupBase, service } = DIRECTORY_NAMES;
  const member = (person: DemoPerson) => `uid=${person.uid},${userBase}`;
  return [
    entry(DIRECTORY_SUFFIX, ["objectClass: dcObject", "objectClass: organization", "dc: example", "o: Example"]),
    entry(userBase, ["objectClass: organizationalUnit", "ou: people"]),
    entry(groupBase, ["objectClass: organizationalUnit", "ou: groups"]),
    entry(service, [
      "objectClass: organizationalRole",
      "objectClass: simpleSecurityObject",
      "cn: self-serve",
      `userPassword: ${hashPassword(servicePassword)}`,
    ]),
    ...DEMO_PEOPLE.map((person) => entry(member(person), personAttributes(person))),
    ...GROUPS.map((group) =>
      entry(`cn=${group},${groupBase}`, [
        "objectClass: groupOfNames",
        `cn: ${group}`,
        ...DEMO_PEOPLE.filter((person) => person.groups.includes(group)).map((person) => `member: ${member(person)}`),
      ]),
    ),
  ].join("\n");
}

/** How OpenLDAP stores a password: salted, so that equal passwords look different. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16);
  const digest = createHash("sha1").update(password).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString("base64")}`;
}

function personAttributes({ uid, name, groups }: DemoPerson): string[] {
  return [
    "objectClass: inetOrgPerson",
    `uid: ${uid}`,
    `cn: ${name}`,
    `sn: ${name.split(" ").at(-1)}`,
    `displayName: ${name}`,
    `mail: ${uid}@example.org`,
    `userPassword: ${hashPassword(uid)}`,
    // slapadd does not run the memberof overlay, which keeps these true from then on.
    ...groups.map((group) => `memberOf: cn=${group},${DIRECTORY_NAMES.groupBase}`),
  ];
}

function entry(dn: string, attributes: string[]): string {
  return [`dn: ${dn}`, ...attributes, ""].join("\n");
}
