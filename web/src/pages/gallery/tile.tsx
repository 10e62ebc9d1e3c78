/** One video of the gallery: its first frame; it plays while it is looked at. */

import { useRef, useState } from "preact/hooks";

import { type ListedTask, fileAddress } from "../../api/tasks";
import { duration } from "../../format";
import { Ago } from "../../ui";
import { useTaskText } from "../tasks/text";
import { useGalleryText } from "./text";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function Tile({ task, open }: { task: ListedTask; open: () => void }) {
  const t = useGalleryText();
  const words = useTaskText();
  const [looked, setLooked] = useState(false);
  const look = () => setLooked(!calm.matches);
  const prompt = task.prompt || words.noPrompt;
  const seconds = task.result?.output_seconds ?? task.result?.duration;
  return (
    <li class="tile">
      <button
        type="button"
        aria-label={t.open(prompt)}
        aria-haspopup="dialog"
        onClick={open}
        onPointerEnter={look}
        onPointerLeave={() => setLooked(false)}
        onFocus={look}
        onBlur={() => setLooked(false)}
      >
        <Picture task={task} playing={looked} />
        {seconds ? <span class="tile-time">{duration(seconds)}</span> : null}
      </button>
      <p class="tile-prompt" title={prompt}>
        {prompt}
      </p>
      <p class="tile-facts">
        <span>{task.model}</span>
        <Ago at={task.ended_at} />
      </p>
    </li>
  );
}

/** The kept first frame; else that of the video itself; else the prompt, on a colour of its own. */
function Picture({ task, playing }: { task: ListedTask; playing: boolean }) {
  const [failed, setFailed] = useState(0);
  const [thumbnail] = useState(() => fileAddress(task.result?.thumbnail_url));
  const [video] = useState(() => fileAddress(task.result?.video_url));
  const ways = [thumbnail && "thumbnail", video && "frame"].filter(Boolean);
  const way = ways[failed];
  const next = () => setFailed(failed + 1);
  return (
    <span class="tile-picture" data-hue={hueOf(task.task_id)}>
      {way === "thumbnail" && <img src={thumbnail} alt="" loading="lazy" decoding="async" onError={next} />}
      {way === "frame" && <video src={`${video}#t=0.1`} preload="metadata" muted playsInline onError={next} />}
      {!way && <span class="tile-words">{task.prompt}</span>}
      {playing && video && way && <Preview address={video} />}
    </span>
  );
}

function Preview({ address }: { address: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const [ready, setReady] = useState(false);
  return (
    <video
      ref={video}
      class="tile-preview"
      data-ready={ready}
      src={address}
      muted
      loop
      autoPlay
      playsInline
      onPlaying={() => setReady(true)}
    />
  );
}

/** One of six, by the id: neighbours differ. */
const hueOf = (id: string): number => parseInt(id.slice(0, 2), 16) % 6;
