import { STATUS, type Status } from "@/app/_components/jobs/status.ts";
import { StatusSymbol } from "@/app/_components/jobs/symbol.tsx";
import { Elapsed } from "@/app/_components/time/times.tsx";
import type { Run, Step } from "@/lib/contracts/run.ts";
import { failingLine } from "./failing-line.ts";

/** The run's steps; each leads to its first line in the log. */
export function Steps({ run }: { run: Run }) {
  if (run.steps.length === 0) return <p className="px-4 py-3 text-ink-3 text-sm">No step has begun.</p>;
  return (
    <ol aria-label="Steps" className="divide-y divide-line">
      {run.steps.map((step) => (
        <li key={step.index} className="row flex items-center gap-3 px-4 py-2 text-sm">
          <StatusSymbol status={statusOfStep(step, run)} />
          <StepName step={step} />
          <span className="sr-only">{STATUS[statusOfStep(step, run)].label}</span>
          {step.exitCode !== null && step.exitCode !== 0 && <ExitCode code={step.exitCode} line={failingLine(run)} />}
          <span className="ml-auto text-ink-2">
            {step.startedAt !== null && <Elapsed from={step.startedAt} to={step.endedAt ?? run.endedAt} />}
          </span>
        </li>
      ))}
    </ol>
  );
}

function ExitCode({ code, line }: { code: number; line: number | null }) {
  if (line === null) return <span className="text-failure">exit code {code}</span>;
  return (
    <a
      href={`#L${line}`}
      title={`Go to its last line of the log, ${line}`}
      className="relative z-10 text-failure underline underline-offset-2"
    >
      exit code {code}
    </a>
  );
}

function StepName({ step }: { step: Step }) {
  if (step.firstLine === null) return <span className="min-w-0 truncate">{step.name}</span>;
  return (
    <a
      href={`#L${step.firstLine}`}
      title={`Go to line ${step.firstLine} of the log`}
      className="min-w-0 truncate font-medium after:absolute after:inset-0 hover:text-accent"
    >
      {step.name}
    </a>
  );
}

function statusOfStep(step: Step, run: Run): Status {
  if (step.result !== null) return step.result;
  if (step.startedAt === null) return "queued";
  return run.endedAt === null ? "running" : (run.result ?? "exception");
}
