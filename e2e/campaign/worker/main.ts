// A scripted worker: node main.ts NAME SERVER POOL SLOTS TOKEN-FILE JOURNAL
import { readFileSync } from "node:fs";
import { Journal } from "../journal.ts";
import { ScriptedWorker } from "./scripted-worker.ts";

const [name = "", server = "", pool = "", slots = "1", tokenFile = "", journal = ""] = process.argv.slice(2);
const token = readFileSync(tokenFile, "utf8").trim();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
await new ScriptedWorker({ name, server, pool, token, slots: Number(slots) }, new Journal(journal)).work();
