import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

/** What a signed address leads to: an artifact or a run's raw log, by its id. */
export interface SignedContent {
  kind: "artifact" | "log";
  id: number;
}

/** How long a signed address works. Whoever is redirected to it goes there at once. */
const LIFE_MS = 5 * 60_000;

const PATH = /^\/(artifact|log)\/([1-9]\d{0,15})$/;

/** Makes and checks addresses on the content host that work for five minutes without a session. */
export class ContentSigner {
  private readonly origin: string;
  private readonly key: Buffer;

  /** `origin` is where content is shown; the key is derived from `secret`, so that it signs nothing else. */
  constructor(origin: string, secret: string) {
    this.origin = origin;
    this.key = Buffer.from(hkdfSync("sha256", secret, "", "self-serve content address", 32));
  }

  /** The address of an artifact's bytes; `nowMs` is for tests. */
  signArtifactUrl(artifactId: number, nowMs: number = Date.now()): string {
    return this.sign({ kind: "artifact", id: artifactId }, nowMs);
  }

  /** The address of a run's whole log as text. */
  signLogUrl(runId: number, nowMs: number = Date.now()): string {
    return this.sign({ kind: "log", id: runId }, nowMs);
  }

  /** What a path leads to, without looking at its signature; null when it leads nowhere. */
  contentOf(pathname: string): SignedContent | null {
    const [, kind, id] = PATH.exec(pathname) ?? [];
    return kind === undefined ? null : { kind: kind === "log" ? "log" : "artifact", id: Number(id) };
  }

  /** Whether the query of an address is ours for this content: `late` once its five minutes are over. */
  check(content: SignedContent, query: URLSearchParams, nowMs: number = Date.now()): "right" | "wrong" | "late" {
    const expires = query.get("expires") ?? "";
    const given = Buffer.from(query.get("signature") ?? "", "base64url");
    const right = this.signatureOf(content, expires);
    if (!/^\d{13}$/.test(expires) || given.length !== right.length || !timingSafeEqual(given, right)) return "wrong";
    return Number(expires) >= nowMs ? "right" : "late";
  }

  private sign(content: SignedContent, nowMs: number): string {
    const expires = String(nowMs + LIFE_MS);
    const url = new URL(`/${content.kind}/${content.id}`, this.origin);
    url.searchParams.set("expires", expires);
    url.searchParams.set("signature", this.signatureOf(content, expires).toString("base64url"));
    return url.href;
  }

  private signatureOf({ kind, id }: SignedContent, expires: string): Buffer {
    return createHmac("sha256", this.key).update(`${kind}\n${id}\n${expires}`).digest();
  }
}
