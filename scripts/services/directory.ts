import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Client } from "ldapts";
import { type Daemon, endLeftover, startDaemon } from "./daemon.ts";
import { DIRECTORY_NAMES, DIRECTORY_SUFFIX, firstEntries, hashPassword } from "./directory-content.ts";
import { freePort, rememberedPort } from "./ports.ts";
import type { ServiceOptions } from "./redis.ts";

/** What a private directory needs; `password` is that of its service account and of its administrator. */
export interface DirectoryOptions extends ServiceOptions {
  /** PEM files. With them it also answers ldaps on `secureUrl`, and StartTLS on `url`. */
  tls?: { certificateFile: string; keyFile: string };
  /** More lines for the general part of its configuration: for tests of other servers' habits. */
  globalDirectives?: readonly string[];
}

const SLAPD_PLACES = [
  "/usr/sbin/slapd",
  "/usr/lib/openldap/slapd",
  "/opt/homebrew/opt/openldap/libexec/slapd",
  "/usr/local/opt/openldap/libexec/slapd",
];
const SCHEMA_PLACES = [
  "/etc/ldap/schema",
  "/etc/openldap/schema",
  "/opt/homebrew/etc/openldap/schema",
  "/usr/local/etc/openldap/schema",
];
const MODULE_PLACES = ["/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap"];

/** The OpenLDAP server of this machine, or undefined when it is not installed. */
export function findSlapd(): string | undefined {
  return SLAPD_PLACES.find((place) => existsSync(place));
}

/** An OpenLDAP server of our own with the demo's people: on 127.0.0.1, on a port that stays the same as long as it is free. */
export class PrivateDirectory {
  private readonly options: DirectoryOptions;
  private daemon: Daemon | undefined;
  private port = 0;
  private securePort = 0;

  constructor(options: DirectoryOptions) {
    this.options = options;
  }

  /** Where it answers without encryption (and StartTLS, when it has a certificate). */
  get url(): string {
    return `ldap://127.0.0.1:${this.port}`;
  }

  /** Where it answers with encryption; only when it has a certificate. */
  get secureUrl(): string {
    return `ldaps://127.0.0.1:${this.securePort}`;
  }

  /** Starts it, with the entries of the last time; puts the demo's people in the first time. */
  async start(): Promise<void> {
    const { folder, tls } = this.options;
    mkdirSync(folder, { recursive: true });
    const slapd = this.program();
    await endLeftover(folder);
    this.importFirstEntries(slapd);
    this.port = await rememberedPort(folder);
    if (tls) this.securePort = await freePort();
    this.daemon = await startDaemon({
      name: "slapd",
      folder,
      command: slapd,
      // -d keeps it in the foreground; 0 keeps it quiet
      args: ["-f", this.writeConfig("data"), "-h", tls ? `${this.url}/ ${this.secureUrl}/` : `${this.url}/`, "-d", "0"],
      check: () => this.bind(),
      onUnexpectedExit: this.options.onUnexpectedExit,
    });
  }

  /** Stops it in an orderly way. */
  async stop(): Promise<void> {
    await this.daemon?.stop();
    this.daemon = undefined;
  }

  /** Ends it like a power cut. */
  async kill(): Promise<void> {
    await this.daemon?.kill();
    this.daemon = undefined;
  }

  private program(): string {
    const slapd = findSlapd();
    if (!slapd) throw new Error("OpenLDAP's server slapd is not installed.");
    if (!existsSync("/etc/apparmor.d/usr.sbin.slapd")) return slapd;
    // Ubuntu confines the program at this path to the system's own directory; a copy may use ours.
    const copy = path.join(this.options.folder, "slapd");
    copyFileSync(slapd, copy);
    chmodSync(copy, 0o755);
    return copy;
  }

  private importFirstEntries(slapd: string): void {
    const data = path.join(this.options.folder, "data");
    if (existsSync(data)) return;
    const draft = `${data}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    const result = spawnSync(slapd, ["-T", "add", "-f", this.writeConfig("data.new")], {
      input: firstEntries(this.options.password),
      encoding: "utf8",
    });
    if (result.status !== 0)
      throw new Error(`slapadd failed in ${draft}: ${result.error?.message ?? result.stderr.trim()}`);
    renameSync(draft, data);
  }

  private writeConfig(dataFolder: string): string {
    const file = path.join(this.options.folder, `${dataFolder}.conf`);
    writeFileSync(file, slapdConfig(this.options, path.join(this.options.folder, dataFolder)), { mode: 0o600 });
    return file;
  }

  private async bind(): Promise<void> {
    const client = new Client({ url: this.url, connectTimeout: 2000, timeout: 2000 });
    try {
      await client.bind(DIRECTORY_NAMES.service, this.options.password);
    } finally {
      await client.unbind();
    }
  }
}

function slapdConfig(
  { folder, password, durable, tls, globalDirectives = [] }: DirectoryOptions,
  data: string,
): string {
  const schema = SCHEMA_PLACES.find((place) => existsSync(place));
  const modules = MODULE_PLACES.find((place) => existsSync(path.join(place, "back_mdb.so")));
  return [
    ...["core", "cosine", "inetorgperson"].map((name) => `include ${schema}/${name}.schema`),
    `pidfile "${folder}/slapd.pid"`,
    ...(modules ? [`modulepath ${modules}`, "moduleload back_mdb", "moduleload memberof"] : []),
    ...(tls ? [`TLSCertificateFile "${tls.certificateFile}"`, `TLSCertificateKeyFile "${tls.keyFile}"`] : []),
    ...globalDirectives,
    "database mdb",
    `suffix "${DIRECTORY_SUFFIX}"`,
    `rootdn "${DIRECTORY_NAMES.administrator}"`,
    `rootpw ${hashPassword(password)}`,
    `directory "${data}"`,
    "maxsize 268435456",
    ...(durable ? [] : ["dbnosync"]),
    "index objectClass eq",
    "index uid,mail,member eq",
    "overlay memberof",
    "access to attrs=userPassword by self write by anonymous auth by * none",
    `access to * by dn.exact="${DIRECTORY_NAMES.service}" read by self read by * none`,
    "",
  ].join("\n");
}
