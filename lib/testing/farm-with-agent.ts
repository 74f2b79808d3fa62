import { onTestFinished } from "vitest";
import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import { Agent } from "../worker/agent.ts";
import { agentOptions, smallRepository } from "./agent-harness.ts";
import type { GatewayHarness } from "./gateway-harness.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/**
 * A farm whose repository exists, with these jobs waiting and an agent that serves them over HTTP until the test ends. `log` has what the
 * agent says.
 */
export async function farmWithAgent(web: GatewayHarness, ...builders: Partial<BuilderDefinition>[]) {
  const farm = await web.farm();
  const { url, revision } = smallRepository();
  const { sql } = web.test;
  await sql.count("UPDATE repositories SET url = $2 WHERE id = (SELECT repository_id FROM branches WHERE id = $1)", [
    farm.branchId,
    url,
  ]);
  await sql.count("UPDATE branches SET ref = 'main' WHERE id = $1", [farm.branchId]);
  const submit = async (...parts: Partial<BuilderDefinition>[]) => {
    const ids = await farm.submit(...parts);
    for (const table of ["pushes", "buildsets"])
      await sql.count(`UPDATE ${table} SET revision = $2 WHERE branch_id = $1`, [farm.branchId, revision]);
    return ids;
  };
  const jobIds = builders.length === 0 ? [] : await submit(...builders);
  const name = `agent-${farm.poolId}`;
  const log: string[] = [];
  const agent = new Agent(
    {
      ...agentOptions(`http://127.0.0.1:${web.port}`, temporaryFolder("agent")),
      name,
      pools: [{ name: farm.pool, token: farm.token }],
    },
    {
      log: (message, error) => void log.push(error === undefined ? message : `${message}: ${error}`),
      random: () => 0,
      graceMs: 2_000,
      shutdownMs: 500,
    },
  );
  const ended = agent.run();
  onTestFinished(async () => {
    agent.stop();
    await ended;
  });
  return { farm, jobIds, name, log, submit };
}
