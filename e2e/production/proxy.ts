import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { CertificateFiles } from "../../lib/testing/certificates.ts";
import { findProgram } from "../../scripts/services/packages.ts";
import { readProxyConfig } from "./documents.ts";

/** Where the proxy listens, and what stands behind it. */
export interface ProxyOptions {
  folder: string;
  certificate: CertificateFiles;
  httpsPort: number;
  httpPort: number;
  webPorts: readonly number[];
}

/** A private nginx with the configuration of `docs/production/`. */
export class NginxProxy {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Starts it; for two names of this machine, `localhost` and `127.0.0.1`. */
  static start(options: ProxyOptions): NginxProxy {
    const folder = path.join(options.folder, "nginx");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "selfserve.conf"), siteConfig(options));
    writeFileSync(path.join(folder, "nginx.conf"), mainConfig(folder));
    const args = ["-p", folder, "-c", path.join(folder, "nginx.conf"), "-e", path.join(folder, "error.log")];
    return new NginxProxy(spawn(findProgram("nginx") ?? "nginx", args, { stdio: "inherit" }));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.pid === undefined) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGTERM");
    await ended;
  }
}

function siteConfig({ certificate, httpsPort, httpPort, webPorts }: ProxyOptions): string {
  const servers = webPorts.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join(" ");
  return readProxyConfig([
    ["server 127.0.0.1:3000 max_fails=0;", servers],
    ["listen 80;", `listen ${httpPort};`],
    ["    listen [::]:80;\n", ""],
    ["listen 443 ssl http2;", `listen ${httpsPort} ssl http2;`],
    ["    listen [::]:443 ssl http2;\n", ""],
    ["selfserve.example.org artifacts.example.net", "localhost 127.0.0.1"],
    ["https://$host$request_uri", `https://$host:${httpsPort}$request_uri`],
    ["/etc/ssl/selfserve/fullchain.pem", certificate.certificateFile],
    ["/etc/ssl/selfserve/privkey.pem", certificate.keyFile],
  ]);
}

function mainConfig(folder: string): string {
  const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    `pid ${folder}/nginx.pid; error_log ${folder}/error.log; daemon off; worker_processes 1;`,
    ...(process.getuid?.() === 0 ? ["user root;"] : []), // the folder is root's alone
    "events { worker_connections 512; }",
    "http {",
    `access_log ${folder}/access.log;`,
    ...bodies.map((name) => `${name}_temp_path ${folder}/${name};`),
    "include selfserve.conf;",
    "}",
    "",
  ].join("\n");
}
