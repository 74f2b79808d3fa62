"use client";

import { Tooltip } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { overlayPlace } from "./overlay-place.ts";

/** Says more about the element inside when it is pointed at or focused; without text it is only the element. */
export function Tip({ text, children }: { text: ReactNode; children: ReactElement }) {
  if (text === undefined || text === null || text === "") return children;
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal container={overlayPlace()}>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-80 rounded-md border border-line bg-surface px-2.5 py-1.5 text-ink text-sm shadow-pop"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
