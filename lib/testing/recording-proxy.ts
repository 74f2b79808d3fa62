import net from "node:net";

/** A TCP server in the way of another one, that records what clients send. */
export interface RecordingProxy {
  port: number;
  /** How many connections were made so far. */
  connections: number;
  /** Everything that clients have sent so far. */
  received: Buffer[];
  close(): Promise<void>;
}

/** What the proxy does: `targetPort` absent: accepts and never answers; `cutAfterReplies`: ends a connection after so many answers. */
export interface RecordingProxyOptions {
  /** Where to listen; a free port when absent. */
  port?: number;
  targetPort?: number;
  cutAfterReplies?: number;
  /** Answers these bytes to whatever comes first. */
  answer?: Buffer;
}

/** Opens a proxy on a free port of 127.0.0.1. */
export async function openRecordingProxy(options: RecordingProxyOptions = {}): Promise<RecordingProxy> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    proxy.connections++;
    keep(socket);
    socket.on("data", (data) => proxy.received.push(data));
    if (options.answer) socket.once("data", () => socket.write(options.answer ?? ""));
    if (options.targetPort !== undefined) pipe(socket, keep(net.connect(options.targetPort, "127.0.0.1")), options);
  });
  const keep = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // a cut connection is what these tests are about
    return socket;
  };
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const address = server.address();
  const proxy: RecordingProxy = {
    port: typeof address === "object" && address ? address.port : 0,
    connections: 0,
    received: [],
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function pipe(client: net.Socket, target: net.Socket, { cutAfterReplies }: RecordingProxyOptions): void {
  let replies = 0;
  client.pipe(target);
  target.on("data", (data) => {
    client.write(data);
    replies++;
    if (replies === cutAfterReplies) client.end(() => client.destroy());
  });
  target.on("close", () => client.destroy());
  client.on("close", () => target.destroy());
}
