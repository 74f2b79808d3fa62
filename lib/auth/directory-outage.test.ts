import { afterEach, describe, expect, it } from "vitest";
import { openRecordingProxy, type RecordingProxy } from "../testing/recording-proxy.ts";
import { testServices } from "../testing/test-services.ts";
import { Directory } from "./directory.ts";

const services = testServices().ldap;
const cutting = { targetPort: Number(new URL(services.url).port), cutAfterReplies: 1 };
const open: RecordingProxy[] = [];
let clock = 0;

afterEach(async () => {
  await Promise.all(open.splice(0).map((proxy) => proxy.close()));
  clock = 0;
});

function directory(urls: string[]): Directory {
  const { bindDn, bindPassword, userBase, groupBase } = services;
  return new Directory({ urls, bindDn, bindPassword, userBase, groupBase, now: () => clock });
}

async function blackHole(): Promise<{ url: string; proxy: RecordingProxy }> {
  const proxy = await openRecordingProxy();
  open.push(proxy);
  return { url: `ldap://127.0.0.1:${proxy.port}`, proxy };
}

describe("when a server does not answer", () => {
  it("gives up by itself and asks the next one, and the silent one not again for thirty", async () => {
    const { url, proxy } = await blackHole();
    const two = directory([url, services.url]);
    expect(await two.authenticate("dev", "dev")).toMatchObject({ login: "dev" });
    expect(proxy.connections).toBe(1);

    clock += 29_000;
    expect(await two.authenticate("dev", "wrong")).toBeNull();
    expect(proxy.connections).toBe(1);

    clock += 2_000;
    expect(await two.authenticate("dev", "dev")).toMatchObject({ login: "dev" });
    expect(proxy.connections).toBe(2);
  });

  it("is not a wrong password when no server answers, and is told at once the second time", async () => {
    const proxies = await Promise.all([openRecordingProxy(cutting), openRecordingProxy(cutting)]);
    open.push(...proxies);
    const nowhere = directory(proxies.map(({ port }) => `ldap://127.0.0.1:${port}`));
    const told = { code: "unavailable", message: "The directory does not answer at the moment. Try again shortly." };
    await expect(nowhere.authenticate("dev", "dev")).rejects.toMatchObject(told);
    expect(proxies.map(({ connections }) => connections)).toEqual([1, 1]);
    await expect(nowhere.authenticate("dev", "dev")).rejects.toMatchObject(told);
    expect(proxies.map(({ connections }) => connections)).toEqual([1, 1]); // neither was asked again
  });

  it("lets people in again two seconds after it is back", async () => {
    const { port } = new URL(services.url);
    const dead = await openRecordingProxy();
    const only = directory([`ldap://127.0.0.1:${dead.port}`]);
    await dead.close();
    await expect(only.authenticate("dev", "dev")).rejects.toMatchObject({ code: "unavailable" });

    const back = await openRecordingProxy({ port: dead.port, targetPort: Number(port) });
    open.push(back);
    await expect(only.authenticate("dev", "dev")).rejects.toMatchObject({ code: "unavailable" });
    clock += 2_000;
    expect(await only.authenticate("dev", "dev")).toMatchObject({ login: "dev" });
  });
});
