"use client";

import { useState } from "react";
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
      Why? Others will read it (optional)
      <input
        data-first
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
      <NumberField
        label="How many times each? (1 to 100)"
        least={1}
        most={100}
        value={request.count}
        onChange={(count) => onChange({ ...request, count })}
      />
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
      <NumberField
        label="Priority, −100 to 100"
        least={-100}
        most={100}
        value={request.priority}
        onChange={(priority) => onChange({ ...request, priority })}
      />
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
          For a time only, then back to the priority before
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
            Why before others?
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

interface NumberFieldProps {
  label: string;
  least: number;
  most: number;
  value: number;
  onChange: (value: number) => void;
}

/** A whole number within bounds. While something else stands there the request keeps the last one, and the browser refuses to send it. */
function NumberField({ label, least, most, value, onChange }: NumberFieldProps) {
  const [typed, setTyped] = useState(String(value));
  return (
    <label className={LABEL}>
      {label}
      <input
        data-first
        type="number"
        min={least}
        max={most}
        required
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          if (target.validity.valid) onChange(target.valueAsNumber);
        }}
        className={`${FIELD} w-28 invalid:border-failure`}
      />
    </label>
  );
}
