"use client";

import type { JobRequest } from "./outcome.ts";

const FIELD = "h-9 rounded-md border border-field bg-surface px-2.5 font-normal";
const LABEL = "grid gap-1.5 font-medium text-sm";
const BOOST_MINUTES = [
  [30, "30 minutes"],
  [60, "1 hour"],
  [240, "4 hours"],
  [1_440, "1 day"],
] as const;

interface FieldsProps<Request extends JobRequest = JobRequest> {
  request: Request;
  mayBoost: boolean;
  onChange: (request: JobRequest) => void;
}

/** What can be said about a request beyond its jobs. */
export function CommandFields({ request, ...rest }: FieldsProps) {
  if (request.kind === "cancel") return <CancelFields request={request} {...rest} />;
  if (request.kind === "retrigger") return <RetriggerFields request={request} {...rest} />;
  return <PriorityFields request={request} {...rest} />;
}

function CancelFields({ request, onChange }: FieldsProps<Extract<JobRequest, { kind: "cancel" }>>) {
  return (
    <label className={LABEL}>
      Why? (others will read it; may stay empty)
      <input
        maxLength={500}
        value={request.reason ?? ""}
        onChange={(event) => onChange({ ...request, reason: event.target.value })}
        className={FIELD}
      />
    </label>
  );
}

function RetriggerFields({ request, onChange }: FieldsProps<Extract<JobRequest, { kind: "retrigger" }>>) {
  return (
    <div className="grid gap-2">
      <label className={LABEL}>
        How many times each? (1 to 100)
        <input
          type="number"
          min={1}
          max={100}
          required
          value={request.count}
          onChange={(event) => onChange({ ...request, count: bounded(event.target.valueAsNumber, 1, 100) })}
          className={`${FIELD} w-28`}
        />
      </label>
      <label className="flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          checked={request.dependents ?? false}
          onChange={(event) => onChange({ ...request, dependents: event.target.checked })}
          className="size-4 accent-accent"
        />
        Also what waited for them, on the new result
      </label>
    </div>
  );
}

function PriorityFields(props: FieldsProps<Extract<JobRequest, { kind: "reprioritize" }>>) {
  const { request, mayBoost, onChange } = props;
  const { boost, ...plain } = request;
  return (
    <div className="grid gap-2">
      <label className={LABEL}>
        Priority, −100 to 100
        <input
          type="number"
          min={-100}
          max={100}
          required
          value={request.priority}
          onChange={(event) => onChange({ ...request, priority: bounded(event.target.valueAsNumber, -100, 100) })}
          className={`${FIELD} w-28`}
        />
      </label>
      {mayBoost && (
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={boost !== undefined}
            onChange={(event) =>
              onChange(event.target.checked ? { ...plain, boost: { minutes: 60, reason: "" } } : plain)
            }
            className="size-4 accent-accent"
          />
          For a time only; afterwards they go back to the priority that they had
        </label>
      )}
      {boost && (
        <div className="flex flex-wrap gap-3">
          <label className={LABEL}>
            It ends in
            <select
              value={boost.minutes}
              onChange={(event) => onChange({ ...plain, boost: { ...boost, minutes: Number(event.target.value) } })}
              className={FIELD}
            >
              {BOOST_MINUTES.map(([minutes, label]) => (
                <option key={minutes} value={minutes}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <label className={`${LABEL} min-w-0 grow`}>
            Why do they go first?
            <input
              required
              maxLength={500}
              value={boost.reason}
              onChange={(event) => onChange({ ...plain, boost: { ...boost, reason: event.target.value } })}
              className={FIELD}
            />
          </label>
        </div>
      )}
    </div>
  );
}

/** What was typed, within its bounds; nothing typed is the lower bound or 0. */
function bounded(value: number, least: number, most: number): number {
  if (Number.isNaN(value)) return Math.max(least, 0);
  return Math.max(least, Math.min(most, Math.trunc(value)));
}
