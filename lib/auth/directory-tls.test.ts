import { rmSync } from "node:fs";
import path from "node:path";
import { Client } from "ldapts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PrivateDirectory } from "../../scripts/services/directory.ts";
import { DIRECTORY_NAMES } from "../../scripts/services/directory-content.ts";
import { TestAuthority } from "../testing/certificates.ts";
import { openRecordingProxy } from "../testing/recording-proxy.ts";
import { makeTemporaryFolder } from "../testing/temporary-folder.ts";
import { Directory, type DirectoryOptions } from "./directory.ts";
import { needsStartTls } from "./ldap.ts";

const SECRET = "service-password-canary";
const folder = makeTemporaryFolder("directory-tls");
let authority: TestAuthority;
let encrypted: PrivateDirectory;
let plain: PrivateDirectory;
let misnamed: PrivateDirectory;

beforeAll(async () => {
  authority = new TestAuthority(folder);
  const start = async (name: string, more: Partial<ConstructorParameters<typeof PrivateDirectory>[0]>) => {
    const server = new PrivateDirectory({ folder: path.join(folder, name), password: SECRET, durable: false, ...more });
    await server.start();
    return server;
  };
  const tls = authority.issue("encrypted", "DNS:localhost,IP:127.0.0.1,IP:0.0.0.0");
  [encrypted, misnamed, plain] = await Promise.all([
    start("encrypted", { tls }),
    start("misnamed", { tls: authority.issue("misnamed", "DNS:ldap.elsewhere.example") }),
    // what other servers do by themselves: a name with an empty password is an anonymous bind, and succeeds
    start("plain", { globalDirectives: ["allow bind_anon_dn"] }),
  ]);
});

afterAll(async () => {
  await Promise.all([encrypted, misnamed, plain].map((server) => server?.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function directory(url: string, part: Partial<DirectoryOptions> = {}): Directory {
  const { service: bindDn, userBase, groupBase } = DIRECTORY_NAMES;
  return new Directory({ urls: [url], ca: authority.pem, bindDn, bindPassword: SECRET, userBase, groupBase, ...part });
}

/** The same server by an address that counts as another machine's. */
function elsewhere(url: string): string {
  return url.replace("127.0.0.1", "0.0.0.0");
}

describe("an encrypted directory", () => {
  it("is used over ldaps and over StartTLS", async () => {
    for (const url of [
      encrypted.secureUrl,
      elsewhere(encrypted.url),
      encrypted.secureUrl.replace("127.0.0.1", "localhost"),
    ]) {
      expect(await directory(url).authenticate("dev", "dev")).toMatchObject({ login: "dev", groups: ["developers"] });
      expect(await directory(url).authenticate("dev", "wrong")).toBeNull();
    }
    expect(await directory(encrypted.url, { startTls: true }).authenticate("dev", "dev")).toMatchObject({
      login: "dev",
    });
  });

  it("is refused when nobody we trust vouches for it", async () => {
    for (const url of [encrypted.secureUrl, elsewhere(encrypted.url)]) {
      const untrusting = directory(url, { ca: undefined });
      await expect(untrusting.authenticate("dev", "dev")).rejects.toMatchObject({ code: "unavailable" });
    }
  });

  it("is refused when its certificate is another host's", async () => {
    for (const url of [misnamed.secureUrl, elsewhere(misnamed.url)]) {
      await expect(directory(url).authenticate("dev", "dev")).rejects.toMatchObject({ code: "unavailable" });
    }
  });
});

describe("a directory without encryption", () => {
  it("is used on this machine only", async () => {
    expect(await directory(plain.url).authenticate("dev", "dev")).toMatchObject({ login: "dev" });
    await expect(directory(elsewhere(plain.url)).authenticate("dev", "dev")).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("gets no password, however it refuses StartTLS", async () => {
    const refusal = Buffer.from("300c02010278070a010204000400", "hex"); // extended response: protocol error
    const proxies = await Promise.all([
      openRecordingProxy({ targetPort: Number(new URL(plain.url).port) }),
      openRecordingProxy({ answer: refusal }),
      openRecordingProxy({ answer: Buffer.from("not LDAP at all") }),
    ]);
    for (const proxy of proxies) {
      const far = directory(`ldap://0.0.0.0:${proxy.port}`, { timeoutMs: 300 });
      await expect(far.authenticate("dev", "password-canary")).rejects.toMatchObject({ code: "unavailable" });
      expect(proxy.connections).toBe(1);
      expect(Buffer.concat(proxy.received).toString("latin1")).not.toContain("canary");
      await proxy.close();
    }
  });

  it("does not get a password on a second connection when the first one was cut", async () => {
    for (const cutAfterReplies of [1, 2, 3]) {
      const proxy = await openRecordingProxy({ targetPort: Number(new URL(plain.url).port), cutAfterReplies });
      const cut = directory(`ldap://127.0.0.1:${proxy.port}`, { timeoutMs: 1_000 });
      const outcome = await cut.authenticate("dev", "dev").catch((error: unknown) => error);
      expect(outcome).toMatchObject({ code: "unavailable" });
      expect(proxy.connections).toBe(1);
      await proxy.close();
    }
  });

  it("takes an empty password for an anonymous bind, and we do not ask it", async () => {
    const client = new Client({ url: plain.url, timeout: 3_000 });
    await client.bind(`uid=dev,${DIRECTORY_NAMES.userBase}`, ""); // succeeds: the trap is real
    await client.unbind();
    for (const password of ["", " ", "\0", "\t"])
      expect(await directory(plain.url).authenticate("dev", password)).toBeNull();
    expect(await directory(plain.url).authenticate("", "dev")).toBeNull();
  });
});

it("tells which addresses are this machine", () => {
  const near = [
    "ldap://127.0.0.1",
    "ldap://127.9.9.9:3890",
    "ldap://localhost:389",
    "ldap://[::1]:389",
    "ldaps://far.example",
  ];
  const far = [
    "ldap://far.example",
    "ldap://10.0.0.1",
    "ldap://127.0.0.1.far.example",
    "ldap://localhost.far.example",
    "ldap://[::2]",
  ];
  expect(near.map(needsStartTls)).toEqual(near.map(() => false));
  expect(far.map(needsStartTls)).toEqual(far.map(() => true));
});
