/** One of a few, as chips that wrap; the first may be "whatever the model does by itself". */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface Chip {
  value: string;
  label: ComponentChildren;
  title?: string;
}

export function Chips(props: {
  label: string;
  value: string;
  options: readonly Chip[];
  error?: string;
  onChange: (value: string) => void;
}) {
  const id = useId();
  if (props.options.length < 2 && !props.error) return null;
  return (
    <fieldset class="chips" aria-describedby={props.error ? `${id}-error` : undefined}>
      <legend>{props.label}</legend>
      <div class="chips-room">
        {props.options.map((each) => (
          <label key={each.value} class="chip" title={each.title}>
            <input
              type="radio"
              name={id}
              value={each.value}
              checked={each.value === props.value}
              onChange={() => props.onChange(each.value)}
            />
            <span>{each.label}</span>
          </label>
        ))}
      </div>
      {props.error && (
        <p class="field-error" id={`${id}-error`} role="alert">
          {props.error}
        </p>
      )}
    </fieldset>
  );
}

/** A shape, drawn. */
export function Shape({ ratio }: { ratio: string }) {
  const [wide = 1, high = 1] = ratio.split(":").map(Number);
  const scale = 14 / Math.max(wide, high);
  return (
    <svg class="shape" viewBox="0 0 16 16" aria-hidden="true">
      <rect
        x={8 - (wide * scale) / 2}
        y={8 - (high * scale) / 2}
        width={wide * scale}
        height={high * scale}
        rx="1.5"
      />
    </svg>
  );
}
