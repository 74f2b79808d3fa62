import { rmSync } from "node:fs";
import path from "node:path";
import { Client, Control } from "ldapts";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { PrivateDirectory } from "../../scripts/services/directory.ts";
import { DIRECTORY_NAMES, DIRECTORY_SUFFIX } from "../../scripts/services/directory-content.ts";
import { type CertificateFiles, TestAuthority } from "../testing/certificates.ts";
import { openRecordingProxy } from "../testing/recording-proxy.ts";
import { makeTemporaryFolder } from "../testing/temporary-folder.ts";
import { openTlsSink } from "../testing/tls-sink.ts";
import { Directory, type DirectoryOptions } from "./directory.ts";

/** Asks for the entry itself instead of where it points to. */
class ManageItself extends Control {}

const SECRET = "service-password-canary";
const HOSTS = "DNS:localhost,IP:127.0.0.1,IP:0.0.0.0";
const UNAVAILABLE = { code: "unavailable" };
const folder = makeTemporaryFolder("directory-trust");
let authority: TestAuthority;
let expired: PrivateDirectory;
let plain: PrivateDirectory;
const certificates: Record<string, CertificateFiles> = {};

beforeAll(async () => {
  authority = new TestAuthority(folder);
  certificates.good = authority.issue("good", HOSTS);
  certificates.expired = authority.issue("expired", HOSTS, { expired: true });
  certificates.misnamed = authority.issue("misnamed", "DNS:ldap.elsewhere.example");
  certificates.unknown = new TestAuthority(folder, "stranger").issue("unknown", HOSTS);
  const start = async (name: string, tls?: CertificateFiles) => {
    const server = new PrivateDirectory({
      folder: path.join(folder, name),
      password: SECRET,
      durable: false,
      ...(tls && { tls }),
    });
    await server.start();
    return server;
  };
  [expired, plain] = await Promise.all([start("server-expired", certificates.expired), start("server-plain")]);
});

afterAll(async () => {
  await Promise.all([expired, plain].map((server) => server?.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function directory(url: string, part: Partial<DirectoryOptions> = {}): Directory {
  const { service: bindDn, userBase, groupBase } = DIRECTORY_NAMES;
  return new Directory({ urls: [url], ca: authority.pem, bindDn, bindPassword: SECRET, userBase, groupBase, ...part });
}

describe("a certificate that is no longer valid", () => {
  it("makes a server refused, over ldaps and over StartTLS", async () => {
    for (const url of [expired.secureUrl, expired.url.replace("127.0.0.1", "0.0.0.0")]) {
      const refused = await directory(url)
        .authenticate("dev", "dev")
        .catch((error: unknown) => error);
      expect(refused).toMatchObject(UNAVAILABLE);
      expect(String((refused as Error).cause)).toMatch(/certificate has expired/);
    }
  });
});

describe.each(["ldaps", "starttls"] as const)("whoever listens, by %s", (kind) => {
  const listen = async (name: string) => {
    const sink = await openTlsSink(certificates[name] ?? { certificateFile: "", keyFile: "" }, kind);
    onTestFinished(() => sink.close());
    const url = kind === "ldaps" ? `ldaps://127.0.0.1:${sink.port}` : `ldap://0.0.0.0:${sink.port}`;
    return { sink, asked: directory(url).authenticate("dev", "password-canary") };
  };

  it("is sent a password when its certificate is right", async () => {
    const { sink, asked } = await listen("good");
    const refused = expect(asked).rejects.toMatchObject(UNAVAILABLE);
    await expect.poll(() => sink.text()).toContain(SECRET);
    await sink.close(); // without an answer
    await refused;
  });

  it.each(["expired", "misnamed", "unknown"])("is sent none when its certificate is %s", async (name) => {
    const { sink, asked } = await listen(name);
    await expect(asked).rejects.toMatchObject(UNAVAILABLE);
    await expect.poll(() => sink.open).toBe(0);
    expect(sink.begun).toBe(1);
    expect(sink.text()).not.toContain("canary");
  });
});

describe("a referral", () => {
  const away = `ou=away,${DIRECTORY_SUFFIX}`;

  /** A server that everything under `away` is said to be at; the answer is what it was sent. */
  async function referTo(): Promise<{ connections: number; received: Buffer[] }> {
    const sink = await openRecordingProxy({ targetPort: Number(new URL(plain.url).port) });
    const client = new Client({ url: plain.url, timeout: 5_000 });
    await client.bind(DIRECTORY_NAMES.administrator, SECRET);
    const ref = `ldap://127.0.0.1:${sink.port}/${DIRECTORY_NAMES.userBase}`;
    await client.add(away, { objectClass: ["referral", "extensibleObject"], ou: "away", ref });
    onTestFinished(async () => {
      await client.del(away, new ManageItself("2.16.840.1.113730.3.4.2"));
      await client.unbind();
      await sink.close();
    });
    return sink;
  }

  it("instead of the users is not followed: nobody can sign in", async () => {
    const sink = await referTo();
    const referred = directory(plain.url, { userBase: away });
    await expect(referred.authenticate("dev", "password-canary")).rejects.toMatchObject(UNAVAILABLE);
    expect(sink).toMatchObject({ connections: 0, received: [] });
  });

  it("instead of the groups is not followed", async () => {
    const sink = await referTo();
    const referred = directory(plain.url, { groupBase: away });
    await expect(referred.authenticate("dev", "dev")).rejects.toMatchObject(UNAVAILABLE);
    expect(sink).toMatchObject({ connections: 0, received: [] });
  });

  it("beside the users is passed over", async () => {
    const sink = await referTo();
    const wide = directory(plain.url, { userBase: DIRECTORY_SUFFIX });
    expect(await wide.authenticate("dev", "dev")).toMatchObject({ login: "dev" });
    expect(await wide.authenticate("nobody", "password-canary")).toBeNull();
    expect(sink).toMatchObject({ connections: 0, received: [] });
  });
});
