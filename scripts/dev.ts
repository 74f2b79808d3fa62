// npm run dev: the same as npm start, with pages that are compiled when they are asked for and again when they change.
import path from "node:path";
import { startFromTerminal } from "./start/terminal.ts";

await startFromTerminal({
  root: path.resolve(import.meta.dirname, ".."),
  argv: process.argv.slice(2),
  mode: "development",
});
