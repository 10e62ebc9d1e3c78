/** The browser's own modal dialog: it keeps the focus, and gives it back. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Submits what is inside; without it there is no form. */
  onSubmit?: () => void;
  /** The buttons. */
  footer?: ComponentChildren;
  wide?: boolean;
}

/** Shown for as long as it is rendered. */
export function Dialog({ title, onClose, onSubmit, children, footer, wide }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const leaving = useRef(false);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      leaving.current = true;
      shown?.close(); // which gives the focus back
    };
  }, []);
  const inside = (
    <>
      <h2 id={id}>{title}</h2>
      <div class="dialog-body">{children}</div>
      {footer && <footer class="dialog-footer">{footer}</footer>}
    </>
  );
  return (
    <dialog
      ref={dialog}
      class="dialog"
      data-wide={wide}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={() => {
        if (leaving.current) return;
        onClose(); // a second Escape closes whatever we say: who still renders it keeps it open
        setTimeout(() => dialog.current?.open === false && dialog.current.showModal());
      }}
    >
      {onSubmit ? <form onSubmit={(event) => (event.preventDefault(), onSubmit())}>{inside}</form> : inside}
    </dialog>
  );
}
