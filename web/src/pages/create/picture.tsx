/** The first frame: a file, dropped or chosen, or an address. */

import { useId, useRef, useState } from "preact/hooks";

import { Button, Input } from "../../ui";
import { useCreateText } from "./text";

const KINDS = ["image/jpeg", "image/png"];
/** What AIGCQ_MAX_UPLOAD_BYTES is by default; the server has the last word. */
const MOST_BYTES = 7_000_000;

interface PictureProps {
  value: string;
  error?: string;
  onChange: (value: string) => void;
}

export function PictureField({ value, error, onChange }: PictureProps) {
  const t = useCreateText();
  const [wrong, setWrong] = useState("");
  const take = async (file: File | undefined) => {
    if (!file) return;
    const trouble = !KINDS.includes(file.type) ? t.pictureWrong : file.size > MOST_BYTES ? t.pictureLarge : "";
    setWrong(trouble);
    if (!trouble) onChange(await read(file));
  };
  if (value.startsWith("data:")) return <Chosen value={value} error={error} clear={() => onChange("")} />;
  return (
    <div class="picture">
      <Drop take={(file) => void take(file)} />
      <Input
        label={t.pictureUrl}
        type="url"
        inputMode="url"
        placeholder="https://"
        value={value}
        error={wrong || error}
        onInput={(address) => (setWrong(""), onChange(address.trim()))}
      />
    </div>
  );
}

function Chosen({ value, error, clear }: { value: string; error?: string; clear: () => void }) {
  const t = useCreateText();
  return (
    <div class="picture-chosen">
      <img src={value} alt={t.picture} />
      <Button size="small" onClick={clear}>
        {t.pictureRemove}
      </Button>
      {error && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function Drop({ take }: { take: (file: File | undefined) => void }) {
  const t = useCreateText();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  return (
    <label
      class="drop"
      for={id}
      data-over={over}
      onDragOver={(event) => (event.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files[0]);
      }}
    >
      <input
        ref={input}
        id={id}
        type="file"
        accept={KINDS.join(",")}
        class="visually-hidden"
        onChange={(event) => take(event.currentTarget.files?.[0])}
      />
      <strong>{t.pictureDrop}</strong>
      <span class="field-hint">{t.pictureKinds}</span>
    </label>
  );
}

function read(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}
