import Link from "next/link";
import { signed } from "@/app/_components/jobs/job-row.tsx";
import { Age, Until } from "@/app/_components/time/times.tsx";
import { Fact, Facts, Panel } from "@/app/_components/ui/panel.tsx";
import type { JobDetail } from "@/lib/contracts/job.ts";
import { definitionFacts } from "./definition-facts.ts";

/** What the job is. */
export function JobFacts({ job }: { job: JobDetail }) {
  const base = job.rank - job.priority;
  return (
    <Panel title="Job">
      <Facts>
        <Fact name="Platform">{job.platform}</Fact>
        <Fact name="Kind">{job.kind}</Fact>
        <Fact name="Pool">
          <Link href={`/queues/${job.pool}`} className="link">
            {job.pool}
          </Link>
        </Fact>
        <Fact name="Owner">{job.owner === null ? "nobody" : job.owner.login}</Fact>
        <Fact name="Priority">{signed(job.priority)}</Fact>
        {job.boost !== null && (
          <Fact name="Boost">
            ends <Until at={job.boost.until} />, back to {signed(job.boost.from)}
            <span className="block text-ink-3">{job.boost.reason}</span>
          </Fact>
        )}
        <Fact name="Rank">
          {signed(job.rank)}{" "}
          <span className="text-ink-3">
            ({job.branch} {signed(base)})
          </span>
        </Fact>
        <Fact name="Submitted">
          <Age at={job.submittedAt} />
        </Fact>
        {job.startedAt !== null && (
          <Fact name="Started">
            <Age at={job.startedAt} />
          </Fact>
        )}
        {job.endedAt !== null && (
          <Fact name="Ended">
            <Age at={job.endedAt} />
          </Fact>
        )}
        {definitionFacts(job.definition).map(({ name, value }) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
        {job.retriggerOf !== null && (
          <Fact name="Retrigger of">
            <Link href={`/jobs/${job.retriggerOf}`} className="link">
              job {job.retriggerOf}
            </Link>
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}
