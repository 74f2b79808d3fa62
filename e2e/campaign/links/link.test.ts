import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Link, type LinkMode } from "./link.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that answers everything it is sent with the same in capitals. */
async function echo(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // links are cut
    socket.on("data", (data) => socket.write(data.toString().toUpperCase()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function linkTo(...ports: number[]): Promise<{ link: Link; port: number }> {
  const link = new Link(
    "test",
    ports.map((port) => ({ host: "127.0.0.1", port })),
  );
  const port = await link.open();
  closing.push(() => link.close());
  return { link, port };
}

/** What a client hears and how its connection ends. */
function client(port: number) {
  const socket = connect(port, "127.0.0.1");
  const seen = { text: "", ended: "" };
  socket.on("data", (data) => {
    seen.text += data.toString();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    seen.ended = error.code ?? "error";
  });
  socket.on("close", () => {
    seen.ended ||= "end";
  });
  closing.push(async () => socket.destroy());
  return { socket, seen };
}

it("lets everything through, in order", async () => {
  const { port } = await linkTo(await echo());
  const { socket, seen } = client(port);
  for (const word of ["one ", "two ", "three"]) socket.write(word);
  await expect.poll(() => seen.text).toBe("ONE TWO THREE");
});

it("goes to the next target when one does not listen", async () => {
  const { port } = await linkTo(1, await echo());
  for (let turn = 0; turn < 2; turn++) {
    const { socket, seen } = client(port);
    socket.write("hello");
    await expect.poll(() => seen.text).toBe("HELLO");
  }
});

it.each([
  ["refuse", /./],
  ["reset", /^ECONNRESET$/],
] as const)("ends connections, old and new, while it is to %s", async (kind, end) => {
  const { link, port } = await linkTo(await echo());
  const old = client(port);
  old.socket.write("before");
  await expect.poll(() => old.seen.text).toBe("BEFORE");
  link.set({ kind });
  await expect.poll(() => old.seen.ended).toMatch(end);
  const late = client(port);
  late.socket.write("meanwhile");
  await expect.poll(() => late.seen.ended).not.toBe("");
  link.set({ kind: "pass" });
  const after = client(port);
  after.socket.write("after");
  await expect.poll(() => after.seen.text).toBe("AFTER");
});

it("swallows what comes while it is a black hole, and ends those connections afterwards", async () => {
  const { link, port } = await linkTo(await echo());
  const { socket, seen } = client(port);
  socket.write("heard ");
  await expect.poll(() => seen.text).toBe("HEARD ");
  link.set({ kind: "black hole" });
  socket.write("swallowed");
  const { seen: other } = client(port);
  expect(other.ended).toBe("");
  link.set({ kind: "pass" });
  await expect.poll(() => seen.ended).not.toBe("");
  expect(seen.text).toBe("HEARD ");
});

it.each<LinkMode>([
  { kind: "delay", ms: 30 },
  { kind: "throttle", bytesPerSecond: 2_000 },
])("brings everything in the end with $kind", async (mode) => {
  const { link, port } = await linkTo(await echo());
  link.set(mode);
  const { socket, seen } = client(port);
  for (const word of ["one ", "two ", "three"]) socket.write(word);
  await expect.poll(() => seen.text, { timeout: 5_000 }).toBe("ONE TWO THREE");
});

it("cuts an answer after so many bytes: the server has acted, the client does not know", async () => {
  const { link, port } = await linkTo(await echo());
  link.set({ kind: "cut", afterBytes: 4 });
  const { socket, seen } = client(port);
  socket.write("committed");
  await expect.poll(() => seen.ended).not.toBe("");
  expect(seen.text).toBe("COMM");
});
