"use client";

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { overlayPlace } from "./overlay-place.ts";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** One sentence that says what this is about. */
  description?: ReactNode;
  /** The element that opens it and has the keyboard again afterwards; left out when something else opens it. */
  trigger?: ReactElement;
  children: ReactNode;
}

/** A question that wants an answer before anything else. Escape and a click beside it leave everything as it was. */
export function Dialog({ open, onOpenChange, title, description, trigger, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {trigger && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal container={overlayPlace()}>
        <Radix.Overlay className="fixed inset-0 z-50 bg-black/45" />
        <Radix.Content
          {...(description === undefined && { "aria-describedby": undefined })}
          className="fixed top-[12vh] left-1/2 z-50 grid max-h-[80vh] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 gap-3 overflow-y-auto rounded-lg border border-line bg-surface p-5 text-ink shadow-pop outline-none"
        >
          <div className="flex items-start gap-4">
            <Radix.Title className="grow text-lg">{title}</Radix.Title>
            <Radix.Close aria-label="Close" className="-mt-1 -mr-1.5 rounded-md p-1.5 text-ink-2 hover:bg-hover">
              <X aria-hidden className="size-4" />
            </Radix.Close>
          </div>
          {description !== undefined && (
            <Radix.Description className="text-ink-2 text-sm">{description}</Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
