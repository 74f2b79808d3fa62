import type { ReactNode } from "react";

/** The top of a page: where it belongs, its name, what can be done with it. */
export function PageHeading({ above, title, children }: { above?: ReactNode; title: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-4 flex flex-wrap items-end gap-x-6 gap-y-3">
      <div className="min-w-0 grow">
        {above && <div className="mb-1 flex flex-wrap items-center gap-x-1.5 text-ink-2 text-sm">{above}</div>}
        <h1 className="break-words">{title}</h1>
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  );
}
