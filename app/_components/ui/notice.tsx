import { clsx } from "clsx";
import { CircleAlert, CircleCheck, Info } from "lucide-react";
import type { ReactNode } from "react";

const LOOKS = {
  info: { tone: "text-ink-2", Icon: Info },
  done: { tone: "text-success", Icon: CircleCheck },
  refused: { tone: "text-failure", Icon: CircleAlert },
} as const;

/** One sentence about what just happened, in the place where it happened. Read out when it appears. */
export function Notice({
  kind,
  children,
  className,
}: {
  kind: keyof typeof LOOKS;
  children: ReactNode;
  className?: string;
}) {
  const { tone, Icon } = LOOKS[kind];
  return (
    <p
      role={kind === "refused" ? "alert" : "status"}
      className={clsx("flex items-start gap-1.5 text-sm", tone, className)}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span>{children}</span>
    </p>
  );
}
