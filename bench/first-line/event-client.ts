import { OutputHint } from "../../lib/contracts/event.ts";

/** Reads an event stream as a page does, and hears of logs that grew. */
export class EventClient {
  private readonly abort = new AbortController();
  private readonly listeners = new Set<(hint: OutputHint) => void>();

  /** Resolves when the stream is open. */
  static async open(baseUrl: string, bearer: string): Promise<EventClient> {
    const client = new EventClient();
    const headers = { authorization: `Bearer ${bearer}` };
    const response = await fetch(`${baseUrl}/api/v1/events`, { headers, signal: client.abort.signal });
    if (!response.ok || !response.body) throw new Error(`The event stream answered ${response.status}.`);
    void client.read(response.body.pipeThrough(new TextDecoderStream())).catch(() => {}); // its end was asked for
    return client;
  }

  /** Calls `listener` at each hint, from now until the returned function is called. */
  onOutput(listener: (hint: OutputHint) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.abort.abort();
  }

  private async read(stream: ReadableStream<string>): Promise<void> {
    let text = "";
    for await (const part of stream) {
      const frames = (text + part).split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames) this.hear(frame);
    }
  }

  private hear(frame: string): void {
    const data = /^event: output\ndata: (.*)$/m.exec(frame)?.[1];
    if (data === undefined) return;
    const hint = OutputHint.parse(JSON.parse(data));
    for (const listener of this.listeners) listener(hint);
  }
}
