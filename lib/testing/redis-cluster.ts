import { rmSync } from "node:fs";
import path from "node:path";
import { Redis } from "ioredis";
import { type Daemon, startDaemon } from "../../scripts/services/daemon.ts";
import { freePort } from "../../scripts/services/ports.ts";
import type { FreshRedis } from "./fresh-redis.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

const SLOTS = 16_384;
const PASSWORD = "cluster-password";

/** A cluster of three nodes of our own. */
export interface FreshRedisCluster extends FreshRedis {
  /** Which of the nodes, from 0, serves a key. */
  nodeOf(key: string): Promise<number>;
  /** Moves a key's slot, with everything in it, to the next node, as an operator would do while the cluster is in use. */
  moveSlotOf(key: string): Promise<void>;
  /** Ends a node like a power cut, and starts it again, empty. */
  restartNode(index: number): Promise<void>;
}

/** Starts three nodes that share the slots evenly, and resolves when all three say that the cluster is whole. */
export async function freshRedisCluster(): Promise<FreshRedisCluster> {
  const folder = makeTemporaryFolder("redis-cluster");
  const nodes = await Promise.all([0, 1, 2].map((index) => ClusterNode.start(path.join(folder, String(index)))));
  const [first] = nodes;
  if (!first) throw new Error("No node of the cluster was started.");
  for (const [index, node] of nodes.entries()) {
    const from = Math.ceil((index * SLOTS) / nodes.length);
    const to = Math.ceil(((index + 1) * SLOTS) / nodes.length) - 1;
    await node.ask("CLUSTER", "ADDSLOTSRANGE", from, to);
    await node.ask("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
    if (node !== first) await node.ask("CLUSTER", "MEET", "127.0.0.1", first.port, first.busPort);
  }
  await untilWhole(nodes);
  return {
    url: `redis+cluster://:${PASSWORD}@${nodes.map((node) => `127.0.0.1:${node.port}`).join(",")}`,
    empty: async () => {
      await Promise.all(nodes.map((node) => node.ask("FLUSHALL")));
    },
    nodeOf: async (key) => {
      const slot = Number(await first.ask("CLUSTER", "KEYSLOT", key));
      return ownerOf(nodes, slot);
    },
    moveSlotOf: (key) => moveSlot(nodes, key),
    restartNode: async (index) => {
      await nodes[index]?.restart();
      await untilWhole(nodes);
    },
    drop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

class ClusterNode {
  readonly folder: string;
  readonly port: number;
  readonly busPort: number;
  private daemon: Daemon | undefined;
  private client: Redis | undefined;

  private constructor(folder: string, port: number, busPort: number) {
    this.folder = folder;
    this.port = port;
    this.busPort = busPort;
  }

  static async start(folder: string): Promise<ClusterNode> {
    const node = new ClusterNode(folder, await freePort(), await freePort());
    await node.begin();
    return node;
  }

  async ask(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.client?.call(command, ...args.map(String));
  }

  async restart(): Promise<void> {
    this.client?.disconnect();
    await this.daemon?.kill();
    await this.begin();
  }

  async stop(): Promise<void> {
    this.client?.disconnect();
    await this.daemon?.kill();
  }

  private async begin(): Promise<void> {
    const options = [
      ...["--port", this.port, "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--masterauth", PASSWORD],
      ...["--cluster-enabled", "yes", "--cluster-port", this.busPort, "--cluster-node-timeout", 5000],
      ...["--appendonly", "no", "--save", "", "--daemonize", "no"],
    ];
    this.daemon = await startDaemon({
      name: "redis",
      folder: this.folder,
      command: "redis-server",
      args: options.map(String),
      check: () => this.connect(),
    });
  }

  private async connect(): Promise<void> {
    const client = new Redis({ port: this.port, password: PASSWORD, lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => {}); // the command fails as well
    try {
      await client.connect();
      await client.ping();
      this.client = client;
    } catch (error) {
      client.disconnect();
      throw error;
    }
  }
}

async function untilWhole(nodes: readonly ClusterNode[]): Promise<void> {
  for (const node of nodes) {
    await until(async () => {
      const info = String(await node.ask("CLUSTER", "INFO"));
      return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${nodes.length}`);
    }, "whole");
  }
}

/** The node that says of itself that it has the slot. */
async function ownerOf(nodes: readonly ClusterNode[], slot: number): Promise<number> {
  for (const [index, node] of nodes.entries()) {
    const id = await node.ask("CLUSTER", "MYID");
    const slots = (await node.ask("CLUSTER", "SLOTS")) as [from: number, to: number, [unknown, unknown, id: string]][];
    if (slots.some(([from, to, owner]) => slot >= from && slot <= to && owner[2] === id)) return index;
  }
  throw new Error(`No node has the slot ${slot}.`);
}

async function moveSlot(nodes: readonly ClusterNode[], key: string): Promise<void> {
  const slot = Number(await nodes[0]?.ask("CLUSTER", "KEYSLOT", key));
  const from = await ownerOf(nodes, slot);
  const [source, target] = [nodes[from], nodes[(from + 1) % nodes.length]];
  if (!source || !target) throw new Error("A slot moves between two nodes.");
  const [sourceId, targetId] = [
    String(await source.ask("CLUSTER", "MYID")),
    String(await target.ask("CLUSTER", "MYID")),
  ];
  await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId);
  await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", targetId);
  for (;;) {
    const keys = (await source.ask("CLUSTER", "GETKEYSINSLOT", slot, 10)) as string[];
    if (keys.length === 0) break;
    await source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "AUTH", PASSWORD, "KEYS", ...keys);
  }
  await target.ask("CLUSTER", "SETSLOT", slot, "NODE", targetId);
  await source.ask("CLUSTER", "SETSLOT", slot, "NODE", targetId);
  await untilAgreed(nodes); // a move that begins before could take an epoch that is taken
}

/** Resolves when all nodes have heard of the newest change and name the same owner of every slot. */
async function untilAgreed(nodes: readonly ClusterNode[]): Promise<void> {
  const view = async (node: ClusterNode) => {
    const epoch = /cluster_current_epoch:\d+/.exec(String(await node.ask("CLUSTER", "INFO")))?.[0];
    const slots = (await node.ask("CLUSTER", "SLOTS")) as [from: number, to: number, [unknown, unknown, id: string]][];
    return `${epoch} ${slots.map(([from, to, owner]) => `${from}-${to} ${owner[2]}`).toSorted()}`;
  };
  await until(async () => new Set(await Promise.all(nodes.map(view))).size === 1, "agreed");
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const endsAt = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`The cluster is not ${what} after a minute.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
