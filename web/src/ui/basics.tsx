/** The small parts that all pages are made of. */

import type { ButtonHTMLAttributes, ComponentChildren } from "preact";

export type Tone = "neutral" | "good" | "warn" | "bad" | "info" | "accent";

export function PageHeader(props: { title: string; note?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <header class="page-header">
      <div>
        <h1 tabIndex={-1}>{props.title}</h1>
        {props.note && <p class="page-note">{props.note}</p>}
      </div>
      {props.children && <div class="page-tools">{props.children}</div>}
    </header>
  );
}

interface CardProps {
  title?: ComponentChildren;
  /** Stands at the right of the title: a legend, a link, a button. */
  aside?: ComponentChildren;
  note?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

export function Card({ title, aside, note, children, ...rest }: CardProps) {
  return (
    <section class={`card ${rest.class ?? ""}`}>
      {(title || aside) && (
        <header class="card-header">
          <h2>{title}</h2>
          {aside && <div class="card-aside">{aside}</div>}
        </header>
      )}
      {note && <p class="card-note">{note}</p>}
      {children}
    </section>
  );
}

/** One figure: what it is, how much, and what that means. */
export function Stat(props: { label: string; value: ComponentChildren; note?: ComponentChildren; tone?: Tone }) {
  return (
    <div class="stat" data-tone={props.tone}>
      <dt>{props.label}</dt>
      <dd>
        <span class="stat-value">{props.value}</span>
        {props.note && <span class="stat-note">{props.note}</span>}
      </dd>
    </div>
  );
}

const SHAPES: Record<Tone, string> = {
  neutral: "M2 5h6",
  info: "M5 1.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8",
  accent: "M3 1.8v6.4L8.4 5z",
  good: "M1.6 5.4 4 7.8 8.4 2.4",
  warn: "M5 1.4 9 8.4H1z",
  bad: "M2 2l6 6M8 2l-6 6",
};

/** A state in a word; each tone has a shape too, for who does not tell the colours apart. */
export function Badge(props: { tone?: Tone; children: ComponentChildren; title?: string }) {
  const tone = props.tone ?? "neutral";
  return (
    <span class="badge" data-tone={tone} title={props.title}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <path d={SHAPES[tone]} />
      </svg>
      {props.children}
    </span>
  );
}

type ButtonProps = ButtonHTMLAttributes & {
  kind?: "plain" | "primary" | "danger" | "quiet";
  size?: "normal" | "small";
  /** It works: the button waits, and says so. */
  busy?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
};

export function Button({ kind = "plain", size = "normal", busy, disabled, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      class={`button ${rest.class ?? ""}`}
      data-kind={kind}
      data-size={size}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    />
  );
}

/** One of a few, side by side. */
export function Segments<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; label: ComponentChildren; title?: string }[];
  onChange: (value: T) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={props.label}>
      {props.options.map((each) => (
        <button
          key={each.value}
          type="button"
          aria-pressed={each.value === props.value}
          title={each.title}
          onClick={() => props.onChange(each.value)}
        >
          {each.label}
        </button>
      ))}
    </div>
  );
}

/** Text in which what stands between backticks is code. */
export function Coded(props: { text: string }) {
  return <>{props.text.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}</>;
}
