import { Attribute, Change } from "ldapts";
import { describe, expect, it } from "vitest";
import { addGroup, addPerson, asAdmin, testDirectory } from "../testing/directory.ts";
import { testServices } from "../testing/test-services.ts";
import { Directory, type DirectoryOptions } from "./directory.ts";

const admin = testDirectory();

function directory(part: Partial<DirectoryOptions> = {}): Directory {
  const { url, bindDn, bindPassword, userBase, groupBase } = testServices().ldap;
  return new Directory({ urls: [url], bindDn, bindPassword, userBase, groupBase, ...part });
}

describe("authenticate", () => {
  it("tells who a person of the demo is", async () => {
    expect(await directory().authenticate("sheriff", "sheriff")).toEqual({
      directoryId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      login: "sheriff",
      name: "Sherry Sheriff",
      mail: "sheriff@example.org",
      groups: ["developers", "sheriffs"],
    });
  });

  it("knows a person at once who has just been added", async () => {
    const person = await addPerson(admin, { name: "Nina Neu" });
    expect(await directory().authenticate(person.login, person.password)).toMatchObject({
      login: person.login,
      name: "Nina Neu",
      groups: [],
    });
  });

  it("takes a name in any case and answers it as the directory writes it", async () => {
    expect(await directory().authenticate("DeV", "dev")).toMatchObject({ login: "dev" });
  });

  it.each([
    ["a wrong password", "dev", "wrong"],
    ["another person's password", "dev", "sheriff"],
    ["an unknown name", "nobody-here", "dev"],
    ["the service account's name", "self-serve", testServices().ldap.bindPassword],
    ["a password with something behind it", "dev", "dev "],
  ])("says no to %s", async (_what, login, password) => {
    expect(await directory().authenticate(login, password)).toBeNull();
  });

  it.each(["EXTERNAL", "PLAIN", "DIGEST-MD5", "SCRAM-SHA-1"])(
    "takes %s for a name, not for a way to sign in",
    async (name) => {
      expect(await directory().authenticate(name, "anything")).toBeNull();
      const person = await addPerson(admin, { login: name });
      try {
        expect(await directory().authenticate(name, "anything")).toBeNull();
        expect(await directory().authenticate(name, person.password)).toMatchObject({ login: name });
      } finally {
        await asAdmin(admin, (client) => client.del(person.dn));
      }
    },
  );

  it("cannot say who it is when two entries have the name", async () => {
    const one = await addPerson(admin);
    await asAdmin(admin, (client) =>
      client.add(`cn=twin of ${one.login},${admin.userBase}`, {
        objectClass: "inetOrgPerson",
        cn: `twin of ${one.login}`,
        sn: "twin",
        uid: one.login,
      }),
    );
    expect(await directory().authenticate(one.login, one.password)).toBeNull();
  });

  it("asks nobody about a name or a password that cannot be one", async () => {
    const nowhere = directory({ urls: ["ldap://127.0.0.1:1"] });
    const names = [
      "",
      " ",
      "*",
      "dev)(uid=*",
      "de\0v",
      "dev ",
      "dеv",
      "uid=dev,ou=people,dc=example,dc=org",
      "a".repeat(65),
    ];
    for (const name of names) expect(await nowhere.authenticate(name, "dev")).toBeNull();
    for (const password of ["", " ", "\t\n", "de\0v", "a".repeat(257), "é".repeat(129)]) {
      expect(await nowhere.authenticate("dev", password)).toBeNull();
    }
  });

  it("lets none of 2,000 injections through", async () => {
    const nowhere = directory({ urls: ["ldap://127.0.0.1:1"] });
    const parts = [
      "*",
      "(",
      ")",
      "|",
      "&",
      "!",
      "=",
      "\\2a",
      "\\00",
      "\0",
      "dev",
      "uid=",
      ")(",
      "*)(uid=*",
      "ｄｅｖ",
      " ",
      "\u202e",
      "#",
      ",",
      ";",
      "+",
      "<",
      ">",
      '"',
      "/",
      "~=",
    ];
    const outcomes = new Set<unknown>();
    for (let index = 0; index < 2_000; index++) {
      const pick = (factor: number) => parts[Math.floor(index / factor) % parts.length] ?? "";
      const text = `${pick(1)}${pick(7)}${pick(parts.length)}*`;
      outcomes.add(await nowhere.authenticate(text, "dev"));
    }
    expect([...outcomes]).toEqual([null]);
  });
});

describe("groups", () => {
  it("follows groups in groups, also in circles", async () => {
    const person = await addPerson(admin);
    const inner = await addGroup(admin, { members: [person.dn] });
    const outer = await addGroup(admin, { members: [inner.dn] });
    await asAdmin(admin, async (client) => {
      const modification = new Attribute({ type: "member", values: [outer.dn] });
      await client.modify(inner.dn, new Change({ operation: "add", modification }));
    });
    const user = await directory().authenticate(person.login, person.password);
    expect(user?.groups).toEqual([inner.name, outer.name].sort());
  });

  it("stops after ten levels", async () => {
    const person = await addPerson(admin);
    let member = person.dn;
    for (let level = 1; level <= 12; level++) member = (await addGroup(admin, { members: [member] })).dn;
    const user = await directory().authenticate(person.login, person.password);
    expect(user?.groups).toHaveLength(10);
  });

  it("does not count a group that lies elsewhere", async () => {
    const person = await addPerson(admin);
    await addGroup(admin, { name: `admins-${person.login}`, members: [person.dn], base: admin.userBase });
    expect((await directory().authenticate(person.login, person.password))?.groups).toEqual([]);
  });
});

describe("find", () => {
  it("knows a person by their identity, whatever their name is now, until they are gone", async () => {
    const person = await addPerson(admin);
    const user = await directory().authenticate(person.login, person.password);
    const id = user?.directoryId ?? "";
    const renamed = `renamed-${person.login}`;
    await asAdmin(admin, (client) => client.modifyDN(person.dn, `uid=${renamed}`));
    expect(await directory().find(id)).toMatchObject({ directoryId: id, login: renamed });
    await asAdmin(admin, (client) => client.del(`uid=${renamed},${admin.userBase}`));
    expect(await directory().find(id)).toBeNull();
  });

  it("does not take a filter for an identity", async () => {
    for (const id of ["*", "*)(uid=*", "\\2a", ""]) expect(await directory().find(id)).toBeNull();
  });
});

describe("a directory that is not set up right", () => {
  it("is not the person's fault when the service account is refused", async () => {
    const wrong = directory({ bindPassword: "wrong" });
    await expect(wrong.authenticate("dev", "dev")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("is not the person's fault when the place of people does not exist", async () => {
    const wrong = directory({ userBase: "ou=nowhere,dc=example,dc=org" });
    await expect(wrong.authenticate("dev", "dev")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("must have an address", () => {
    expect(() => directory({ urls: [] })).toThrow("at least one LDAP URL");
    expect(() => directory({ urls: ["not an address"] })).toThrow();
  });
});

it("leaves no connection open", async () => {
  const before = await connections();
  await directory().authenticate("dev", "dev");
  await directory().authenticate("dev", "wrong");
  await expect.poll(connections).toBeLessThanOrEqual(before);
});

async function connections(): Promise<number> {
  return process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
}
