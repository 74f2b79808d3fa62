"use client";

import { Keyboard, X } from "lucide-react";
import { useId, useRef, useState } from "react";
import { setShortcuts, shortcutsOn, useKeys } from "../keys/use-keys.ts";
import { Button } from "../ui/button.tsx";
import { Tip } from "../ui/tip.tsx";

const KEYS = [
  ["j / k", "Next or previous row (arrows, too, inside a list)"],
  ["Enter", "Open the row"],
  ["x", "Select the row, or leave it out"],
  ["c c", "Cancel the row's job; one c, then a look, for several selected"],
  ["r", "Retrigger"],
  ["+ / −", "Raise or lower by 10 points"],
  ["u", "Undo what you have just asked for"],
  ["f", "Follow the end of a log"],
  ["Esc", "Select nothing; leave a dialog as it was"],
  ["?", "Show these keys"],
] as const;

/** The keys, behind a button and `?`. */
export function KeyHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const [on, setOn] = useState(true);
  const open = () => {
    setOn(shortcutsOn());
    dialog.current?.showModal();
  };
  useKeys({ "?": open });
  return (
    <>
      <Tip text="Keys">
        <Button
          look="ghost"
          aria-label="Keyboard shortcuts"
          aria-keyshortcuts="?"
          onClick={open}
          className="px-2 max-sm:hidden"
        >
          <Keyboard aria-hidden className="size-4" />
        </Button>
      </Tip>
      <dialog
        ref={dialog}
        aria-labelledby={title}
        className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-lg border border-line bg-surface p-5 text-ink shadow-pop backdrop:bg-scrim"
      >
        <div className="mb-3 flex items-center justify-between">
          <h2 id={title} className="text-lg">
            Keys
          </h2>
          <Button look="ghost" aria-label="Close" onClick={() => dialog.current?.close()} className="px-2">
            <X aria-hidden className="size-4" />
          </Button>
        </div>
        <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-2 text-sm">
          {KEYS.map(([key, does]) => (
            <div key={key} className="contents">
              <dt>
                <kbd className="rounded-sm border border-line-strong bg-sunken px-1.5 py-0.5 font-mono text-xs">
                  {key}
                </kbd>
              </dt>
              <dd className="text-ink-2">{does}</dd>
            </div>
          ))}
        </dl>
        <label className="mt-4 flex items-center gap-2 border-line border-t pt-4 text-sm">
          <input
            type="checkbox"
            checked={on}
            onChange={(event) => {
              setOn(event.target.checked);
              setShortcuts(event.target.checked);
            }}
            className="accent-accent"
          />
          Single-key shortcuts are on in this browser
        </label>
      </dialog>
    </>
  );
}
