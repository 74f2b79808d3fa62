import { readFileSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";
import type { CertificateFiles } from "./certificates.ts";

/** A server that shows a certificate and reads what it is sent: what whoever has that certificate would learn. */
export interface TlsSink {
  port: number;
  /** All that clients have sent after the handshake, decrypted. */
  text(): string;
  /** How many handshakes clients have begun, and how many connections are open. */
  begun: number;
  open: number;
  close(): Promise<void>;
}

/** "Yes" to an LDAP request to start TLS: with the request's own number, which is its fifth byte. */
const yesTo = (request: Buffer) => Buffer.from([0x30, 12, 2, 1, request[4] ?? 0, 0x78, 7, 10, 1, 0, 4, 0, 4, 0]);

/** Opens one on a free port of 127.0.0.1 that speaks TLS at once (`ldaps`), or after an LDAP request for it (`starttls`). */
export async function openTlsSink(files: CertificateFiles, kind: "ldaps" | "starttls"): Promise<TlsSink> {
  const secureContext = tls.createSecureContext({
    cert: readFileSync(files.certificateFile),
    key: readFileSync(files.keyFile),
  });
  const parts: Buffer[] = [];
  const sockets = new Set<net.Socket>();
  const secure = (socket: net.Socket) => {
    sink.begun++;
    const inner = new tls.TLSSocket(socket, { isServer: true, secureContext });
    inner.on("data", (data) => parts.push(data));
    inner.on("error", () => {}); // clients that refuse the certificate are what these tests are about
  };
  const server = net.createServer((socket) => {
    sink.open++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sink.open--);
    if (kind === "ldaps") secure(socket);
    else
      socket.once("data", (request) => {
        parts.push(request);
        secure(socket);
        socket.write(yesTo(request));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sink: TlsSink = {
    port: (server.address() as net.AddressInfo).port,
    text: () => Buffer.concat(parts).toString("latin1"),
    begun: 0,
    open: 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return sink;
}
