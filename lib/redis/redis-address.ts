/** Where Redis answers: one node of it, or some nodes of a cluster, which know the others. */
export interface RedisAddress {
  nodes: readonly { host: string; port: number }[];
  cluster: boolean;
  /** Encrypted from the start. */
  tls: boolean;
  username: string | undefined;
  password: string | undefined;
  /** The numbered database; a cluster has number 0 alone. */
  database: number;
}

/** What a right address looks like, to complete a sentence about a wrong one. */
export const REDIS_ADDRESS_EXAMPLE =
  "redis://:password@host:6379, or of a cluster such as redis+cluster://:password@host1:6379,host2:6379";

const USUAL_PORT = 6379;

/**
 * Reads `redis://` and `rediss://` addresses, and those of clusters: `redis+cluster://` and `rediss+cluster://` name one node or several
 * with commas between them, and no database. Undefined for anything else.
 */
export function parseRedisAddress(text: string): RedisAddress | undefined {
  const [, protocol = "", cluster = "", rest = ""] = /^(rediss?)(\+cluster)?:\/\/(.+)$/.exec(text) ?? [];
  const [first = "", ...others] = cluster ? rest.split(",") : [rest];
  const url = parse(`${protocol}://${first}`);
  const urls = [url, ...others.map((node) => (node.includes("@") ? undefined : parse(`${protocol}://${node}`)))];
  const nodes = urls.flatMap((node) =>
    node ? [{ host: node.hostname.replace(/^\[|\]$/g, ""), port: Number(node.port || USUAL_PORT) }] : [],
  );
  const database = Number(url?.pathname.slice(1) ?? 0);
  const whole = !cluster || urls.every((node) => node?.pathname === "" || node?.pathname === "/");
  if (!url || !whole || nodes.length < urls.length || !Number.isInteger(database)) return undefined;
  return {
    nodes,
    cluster: cluster !== "",
    tls: protocol === "rediss",
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    database,
  };
}

function parse(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && url.hostname !== "" && url.search === "" && url.hash === "" ? url : undefined;
}
