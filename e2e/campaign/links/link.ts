import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * How a link behaves. `refuse` ends connections, old and new, in an orderly way; `reset` with an RST; `black hole` accepts and lets nothing
 * through; `delay` holds each piece back; `throttle` lets few bytes through per second; `cut` ends each connection after so many bytes of
 * answers: the server has executed, the client does not know.
 */
export type LinkMode =
  | { kind: "pass" | "refuse" | "reset" | "black hole" }
  | { kind: "delay"; ms: number }
  | { kind: "throttle"; bytesPerSecond: number }
  | { kind: "cut"; afterBytes: number };

/** Where a link may lead to. */
export interface Target {
  host: string;
  port: number;
}

interface Pair {
  client: Socket;
  remote: Socket;
  /** Bytes of answers since the mode was set. */
  answered: number;
  /** When the last held piece leaves, so that pieces stay in order. */
  leavesAt: number;
}

/** A TCP proxy between two processes whose behaviour can be changed at any time, for connections old and new. */
export class Link {
  readonly name: string;
  private readonly targets: readonly Target[];
  private readonly pairs = new Set<Pair>();
  private readonly server: Server;
  private current: LinkMode = { kind: "pass" };
  private turn = 0;

  constructor(name: string, targets: readonly Target[]) {
    this.name = name;
    this.targets = targets;
    this.server = createServer((client) => this.accept(client));
    this.server.on("error", () => {});
  }

  /** Begins to listen; answers the port. */
  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return (this.server.address() as AddressInfo).port;
  }

  get mode(): LinkMode {
    return this.current;
  }

  /** Changes how it behaves. What a black hole has swallowed is lost, so its connections are ended when it closes. */
  set(mode: LinkMode): void {
    const before = this.current.kind;
    this.current = mode;
    for (const pair of this.pairs) {
      pair.answered = 0;
      if (mode.kind === "refuse" || before === "black hole") pair.client.destroy();
      if (mode.kind === "reset") pair.client.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    for (const { client } of this.pairs) client.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    client.on("error", () => {}); // its close follows
    if (this.current.kind === "refuse") client.destroy();
    else if (this.current.kind === "reset") client.resetAndDestroy();
    else this.join(client, this.targets.length);
  }

  /** Connects to the next target, and to the one after it when that one does not listen. */
  private join(client: Socket, tries: number): void {
    const target = this.targets[this.turn++ % this.targets.length];
    if (!target || tries === 0) {
      client.destroy();
      return;
    }
    client.pause();
    const remote = connect(target);
    let joined = false;
    remote.on("error", () => {
      if (!joined && !client.destroyed) this.join(client, tries - 1);
    });
    remote.once("connect", () => {
      joined = true;
      this.pump({ client, remote, answered: 0, leavesAt: 0 });
      client.resume();
    });
  }

  private pump(pair: Pair): void {
    const { client, remote } = pair;
    this.pairs.add(pair);
    client.setNoDelay(true);
    remote.setNoDelay(true);
    client.on("data", (data) => this.pass(pair, client, remote, data));
    remote.on("data", (data) => this.pass(pair, remote, client, data));
    for (const [from, to] of [
      [client, remote],
      [remote, client],
    ] as const) {
      from.on("end", () => setTimeout(() => to.end(), Math.max(0, pair.leavesAt - performance.now())));
      from.on("close", () => {
        this.pairs.delete(pair);
        to.destroy();
      });
    }
  }

  private pass(pair: Pair, from: Socket, to: Socket, data: Buffer): void {
    const mode = this.current;
    if (mode.kind === "black hole") return;
    if (mode.kind === "cut" && from === pair.remote) {
      this.cut(pair, mode.afterBytes, data);
      return;
    }
    if (mode.kind === "delay" || mode.kind === "throttle") {
      const ms = mode.kind === "delay" ? mode.ms : (data.length / mode.bytesPerSecond) * 1000;
      const earliest = mode.kind === "delay" ? performance.now() : Math.max(pair.leavesAt, performance.now());
      pair.leavesAt = Math.max(pair.leavesAt, earliest + ms);
    }
    const wait = pair.leavesAt - performance.now();
    if (wait <= 0) {
      this.write(from, to, data);
      return;
    }
    from.pause();
    setTimeout(() => {
      this.write(from, to, data);
      if (!from.destroyed) from.resume();
    }, wait);
  }

  private write(from: Socket, to: Socket, data: Buffer): void {
    if (to.destroyed || to.writableEnded) return;
    if (to.write(data)) return;
    from.pause();
    to.once("drain", () => from.resume());
  }

  private cut(pair: Pair, afterBytes: number, data: Buffer): void {
    const rest = afterBytes - pair.answered;
    pair.answered += data.length;
    if (data.length <= rest) {
      this.write(pair.remote, pair.client, data);
      return;
    }
    if (rest > 0) pair.client.write(data.subarray(0, rest));
    pair.client.end();
    pair.remote.destroy();
  }
}
