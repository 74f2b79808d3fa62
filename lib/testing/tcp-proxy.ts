import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A link that can be disturbed: what connects to `url` reaches the server behind it, or not. */
export interface TcpProxy {
  /** The address of the server behind it, with the proxy's host and port. */
  url: string;
  /** `pass` lets everything through; `refuse` ends connections, old and new; `hold` keeps them and lets nothing through. */
  mode(mode: "pass" | "refuse" | "hold"): void;
  close(): Promise<void>;
}

/** Puts a proxy before the server that a URL names. */
export async function openTcpProxy(target: string): Promise<TcpProxy> {
  const url = new URL(target);
  const [port, host] = [Number(url.port), url.hostname];
  const links = new Set<[Socket, Socket]>();
  let mode = "pass";

  const server = createServer((client) => {
    if (mode === "refuse") {
      client.destroy();
      return;
    }
    const remote = connect({ port, host });
    const link: [Socket, Socket] = [client, remote];
    links.add(link);
    for (const [from, to] of [link, [remote, client]] as const) {
      from.on("data", (data) => {
        if (mode === "pass") to.write(data);
      });
      from.on("error", () => {}); // its close follows
      from.on("close", () => {
        links.delete(link);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url.port = String((server.address() as AddressInfo).port);

  const cutAll = () => {
    for (const [client] of links) client.destroy();
  };
  return {
    url: url.href,
    mode: (next) => {
      // what was held back cannot be sent later, so such connections are useless
      if (next === "refuse" || mode === "hold") cutAll();
      mode = next;
    },
    close: async () => {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
