import { BlockList, isIP, isIPv4 } from "node:net";

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** Whose `X-Forwarded-For` counts: this machine itself, and these addresses or ranges such as `10.0.0.0/24`. */
export function trustedProxies(addresses: readonly string[] = []): BlockList {
  const list = new BlockList();
  list.addSubnet("127.0.0.0", 8, "ipv4");
  list.addAddress("::1", "ipv6");
  for (const address of addresses) {
    const [network = "", bits] = address.split("/", 2);
    const family = isIPv4(network) ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(bits), family);
  }
  return list;
}

/**
 * The address a request came from: the last one that no trusted proxy stands behind. Each proxy has added the address of whoever came
 * to it at the end of `X-Forwarded-For`, so the entries count from the right, only as long as a trusted proxy has added them; everything
 * before may be made up. Null when the connection is gone.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  forwardedFor: string | string[] | undefined,
  trusted: BlockList,
): string | null {
  if (remoteAddress === undefined) return null;
  let address = plain(remoteAddress);
  const told = [forwardedFor ?? []].flat().join(",").split(",");
  while (trusted.check(address, isIPv4(address) ? "ipv4" : "ipv6")) {
    const before = told.pop()?.trim() ?? "";
    if (isIP(before) === 0) break;
    address = plain(before);
  }
  return address;
}

/** IPv4 addresses that a socket for both families shows as IPv6 are IPv4 addresses. */
function plain(address: string): string {
  return address.replace(MAPPED, "");
}
