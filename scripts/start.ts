// npm start: everything the product needs on this machine, until Ctrl-C. scripts/start/help.txt says the rest.
import path from "node:path";
import { startFromTerminal } from "./start/terminal.ts";

await startFromTerminal({
  root: path.resolve(import.meta.dirname, ".."),
  argv: process.argv.slice(2),
  mode: "production",
});
