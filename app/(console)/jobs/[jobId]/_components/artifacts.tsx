import { Download } from "lucide-react";
import { formatBytes } from "@/app/_components/time/format.ts";
import { Fact, Facts, Panel } from "@/app/_components/ui/panel.tsx";
import { artifactUrl } from "@/app/_queries/runs.ts";
import type { Run } from "@/lib/contracts/run.ts";

/** What the run made: files to download, and the outputs that it told. */
export function Artifacts({ run }: { run: Run }) {
  const outputs = Object.entries(run.outputs);
  return (
    <>
      {run.artifacts.length > 0 && (
        <Panel
          title="Artifacts"
          aside={<span className="text-ink-3 text-sm tabular-nums">{run.artifacts.length}</span>}
        >
          <ul className="divide-y divide-line">
            {run.artifacts.map((artifact) => (
              <li key={artifact.id} className="row flex flex-wrap items-center gap-x-3 px-4 py-2 text-sm">
                <Download aria-hidden className="size-4 shrink-0 text-ink-3" />
                <a
                  href={artifactUrl(artifact.id)}
                  className="min-w-0 font-medium break-all after:absolute after:inset-0 hover:text-accent"
                  download
                >
                  {artifact.name}
                </a>
                <span className="ml-auto text-ink-2 tabular-nums">{formatBytes(artifact.size)}</span>
                <code title={`SHA-256 ${artifact.sha256}`} className="font-mono text-ink-3 text-xs">
                  sha256 {artifact.sha256.slice(0, 12)}
                </code>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {outputs.length > 0 && (
        <Panel title="Outputs">
          <Facts>
            {outputs.map(([name, value]) => (
              <Fact key={name} name={name}>
                <span className="font-mono text-xs break-all">{value}</span>
              </Fact>
            ))}
          </Facts>
        </Panel>
      )}
    </>
  );
}
