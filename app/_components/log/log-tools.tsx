import { clsx } from "clsx";
import { ArrowDownToLine, Download, WrapText } from "lucide-react";
import { type LogSize, rawLogUrl } from "@/app/_queries/runs.ts";
import { plural } from "../time/format.ts";
import { Button } from "../ui/button.tsx";

interface LogToolsProps {
  runId: number;
  size: LogSize | undefined;
  live: boolean;
  wrap: boolean;
  onWrap: (wrap: boolean) => void;
  following: boolean;
  onFollow: (following: boolean) => void;
}

/** What can be done with a log. */
export function LogTools({ runId, size, live, wrap, onWrap, following, onFollow }: LogToolsProps) {
  const growing = live && size?.complete !== true;
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 border-line border-b bg-surface py-1.5 pr-2 pl-4">
      <h2>Log</h2>
      <span className="text-ink-3 text-sm tabular-nums">
        {size !== undefined && plural(size.lines, "line")}
        {growing && " · growing"}
      </span>
      <div className="ml-auto flex flex-wrap items-center gap-1">
        {growing && (
          <Button
            look="ghost"
            aria-pressed={following}
            aria-keyshortcuts="f"
            onClick={() => onFollow(!following)}
            className={clsx(following && "bg-accent-soft text-accent")}
            icon={<ArrowDownToLine aria-hidden className="size-4" />}
          >
            Follow
          </Button>
        )}
        <Button
          look="ghost"
          aria-pressed={wrap}
          onClick={() => onWrap(!wrap)}
          className={clsx(wrap && "bg-accent-soft text-accent")}
          icon={<WrapText aria-hidden className="size-4" />}
        >
          Wrap
        </Button>
        <a
          href={rawLogUrl(runId)}
          download
          className="inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 font-medium text-ink-2 text-sm hover:bg-hover hover:text-ink"
        >
          <Download aria-hidden className="size-4" />
          Raw
        </a>
      </div>
    </div>
  );
}
