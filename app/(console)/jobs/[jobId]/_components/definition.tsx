import { Panel } from "@/app/_components/ui/panel.tsx";
import type { JobDetail } from "@/lib/contracts/job.ts";

/** What the job was made from: its builder's definition at that revision, and the buildset's properties. */
export function Definition({ job }: { job: JobDetail }) {
  return (
    <Panel title="Made from">
      <Json title="Definition" value={job.definition} />
      <Json title="Properties" value={job.properties} />
    </Panel>
  );
}

function Json({ title, value }: { title: string; value: Record<string, unknown> }) {
  const empty = Object.keys(value).length === 0;
  return (
    <details className="border-line border-b last:border-b-0">
      <summary className="px-4 py-2 text-sm hover:bg-hover">
        {title}
        {empty && <span className="text-ink-3"> (none)</span>}
      </summary>
      {!empty && (
        <pre className="break-words whitespace-pre-wrap bg-sunken px-4 py-3 font-mono text-xs leading-5">
          {JSON.stringify(value, null, 2)}
        </pre>
      )}
    </details>
  );
}
