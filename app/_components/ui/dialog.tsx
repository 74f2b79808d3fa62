"use client";

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactElement, type ReactNode, type RefObject, useEffect, useRef } from "react";
import { overlayPlace } from "./overlay-place.ts";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** One sentence that says what this is about. */
  description?: ReactNode;
  /** The element that opens it; left out when something else does. */
  trigger?: ReactElement;
  /** What is asked. The element with `data-first` has the keyboard first. */
  children: ReactNode;
}

/**
 * A question that wants an answer before anything else. Escape and a click beside it leave everything as it was; afterwards the keyboard is
 * where it was before.
 */
export function Dialog({ open, onOpenChange, title, description, trigger, children }: DialogProps) {
  const content = useRef<HTMLDivElement>(null);
  const opener = useOpener(open, content);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {trigger && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal container={overlayPlace()}>
        <Radix.Overlay className="fixed inset-0 z-50 bg-scrim" />
        <Radix.Content
          ref={content}
          {...(description === undefined && { "aria-describedby": undefined })}
          onOpenAutoFocus={(event) => {
            if (document.activeElement instanceof HTMLElement) opener.current = document.activeElement;
            const first = content.current?.querySelector<HTMLElement>("[data-first]");
            if (!first) return;
            event.preventDefault();
            first.focus();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            opener.current?.focus();
          }}
          className="fixed top-[max(1rem,10dvh)] left-1/2 z-50 grid max-h-[calc(100dvh-max(1rem,10dvh)-1rem)] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 grid-cols-[minmax(0,1fr)] gap-3 overflow-y-auto rounded-lg border border-line bg-surface p-5 text-ink shadow-pop outline-none"
        >
          <div className="flex items-start gap-4">
            <Radix.Title className="min-w-0 grow break-words text-lg">{title}</Radix.Title>
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

/** Remembers what had the keyboard before the dialog took it: of a menu that opened it the menu's button, to which it goes back just then. */
function useOpener(open: boolean, content: RefObject<HTMLElement | null>): RefObject<HTMLElement | null> {
  const opener = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (!open) return;
    const remember = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement) || content.current?.contains(target)) return;
      if (!target.hasAttribute("data-radix-focus-guard")) opener.current = target;
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, [open, content]);
  return opener;
}
