"use client";

import { useQuery } from "@tanstack/react-query";
import { FileWarning } from "lucide-react";
import { branchQueries } from "@/app/_queries/branches.ts";

/** What is wrong with the deployment's configuration file, by line, as long as anything is. */
export function ConfigFaults() {
  const { data } = useQuery(branchQueries.config());
  if (!data || data.errors.length === 0) return null;
  return (
    <section
      role="alert"
      aria-label="Faults of the configuration"
      className="card mb-4 overflow-hidden border-failure/40"
    >
      <h2 className="flex items-center gap-2 bg-failure-soft px-4 py-2.5 text-failure">
        <FileWarning aria-hidden className="size-4 shrink-0" />
        The configuration file is broken; what it said last stays in force
      </h2>
      <ul className="divide-y divide-line">
        {data.errors.map(({ file, line, column, key, message }) => (
          <li key={`${line}:${column}:${key}`} className="px-4 py-2.5">
            <span className="mr-3 font-mono text-sm">
              {file}:{line}
            </span>
            {message}
          </li>
        ))}
      </ul>
    </section>
  );
}
