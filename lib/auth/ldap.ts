import net from "node:net";
import tls from "node:tls";
import { Client } from "ldapts";

/** How to reach one LDAP server. */
export interface LdapServer {
  /** `ldaps://host[:port]`, or `ldap://host[:port]`: then StartTLS is required, except to this machine itself. */
  url: string;
  /** PEM of the authorities that may have signed the server's certificate; those of the system when absent. */
  ca?: string | undefined;
  /** Start TLS to this machine itself, too. */
  startTls?: boolean | undefined;
  /** For the connection, for the handshake and for each answer. */
  timeoutMs: number;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Whether passwords would cross a network in the clear: never allowed, so such a connection starts TLS first. */
export function needsStartTls(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "ldap:" && !LOOPBACK.test(hostname);
}

/**
 * Runs `work` on a connection of its own, encrypted unless it goes to this machine itself, and destroys it afterwards.
 * The connection is never re-established: a second one would be neither encrypted nor bound.
 */
export async function withLdap<T>(server: LdapServer, work: (client: Client) => Promise<T>): Promise<T> {
  const sockets: net.Socket[] = [];
  const client = new Client({
    url: server.url,
    timeout: server.timeoutMs,
    connectTimeout: server.timeoutMs,
    autoRebind: false,
    ...connectors(sockets),
    // only with ldaps: any TLS option would make ldapts speak TLS at once on an ldap:// port
    ...(server.url.startsWith("ldaps:") && { tlsOptions: tlsOptions(server) }),
  });
  try {
    const { startTls: always = false, url } = server;
    if (needsStartTls(url) || (always && url.startsWith("ldap:"))) await startTls(client, server);
    return await work(client);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** Lets the client connect once, and upgrade once; keeps the sockets, so that they can be destroyed. */
function connectors(sockets: net.Socket[]) {
  const keep = <Socket extends net.Socket>(open: () => Socket): Socket => {
    const socket = open();
    socket.on("error", () => {}); // the request in flight fails as well; unheard, the event would end the process
    sockets.push(socket);
    return socket;
  };
  const refuseAgain = () => {
    if (sockets.length > 0) throw new Error("The connection to the directory was lost.");
  };
  const connect = (port: number, host: string): net.Socket => {
    refuseAgain();
    return keep(() => net.connect(port, host));
  };
  const connectSecurely = (first: number | tls.ConnectionOptions, host?: string, options?: tls.ConnectionOptions) => {
    if (typeof first !== "number") return keep(() => tls.connect(first));
    refuseAgain();
    return keep(() => tls.connect({ ...options, port: first, ...(host !== undefined && { host }) }));
  };
  return {
    createConnection: connect as typeof net.connect,
    createSecureConnection: connectSecurely as typeof tls.connect,
  };
}

async function startTls(client: Client, server: LdapServer): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `${server.url} did not finish StartTLS within ${server.timeoutMs} ms.`;
    timer = setTimeout(() => reject(new Error(message)), server.timeoutMs * 2);
  });
  const started = client.startTLS(tlsOptions(server));
  started.catch(() => {}); // when it fails after the race was lost
  try {
    await Promise.race([started, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tlsOptions({ url, ca }: LdapServer): tls.ConnectionOptions {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return {
    host, // whose certificate it must be
    ...(net.isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
  };
}
