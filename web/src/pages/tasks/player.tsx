/** The video of a task. */

import { useState } from "preact/hooks";

import { type ListedTask, fileAddress } from "../../api/tasks";
import { bytes, duration } from "../../format";
import { useTaskText } from "./text";

interface PlayerProps {
  task: ListedTask;
  autoPlay?: boolean;
}

export function Player({ task, autoPlay }: PlayerProps) {
  const t = useTaskText();
  const [gone, setGone] = useState(false);
  const result = task.result ?? {};
  // The address is signed anew with every answer; the one that plays goes on.
  const [address] = useState(() => fileAddress(result.video_url));
  const [poster] = useState(() => fileAddress(result.thumbnail_url));
  return (
    <figure class="player">
      {gone || !address ? (
        <p class="player-gone" role="status">
          {t.videoGone}
        </p>
      ) : (
        <video
          src={address}
          poster={poster}
          controls
          loop
          playsInline
          muted={autoPlay}
          autoPlay={autoPlay}
          preload="metadata"
          style={{ aspectRatio: `${result.width ?? 16} / ${result.height ?? 9}` }}
          aria-label={task.prompt || t.video}
          onError={() => setGone(true)}
        />
      )}
      <figcaption class="row">
        <span class="muted">{factsOf(task)}</span>
        {address && (
          <a class="button" data-size="small" href={address} download={`${task.task_id}.mp4`} target="_blank" rel="noopener">
            {t.actions.download}
          </a>
        )}
      </figcaption>
    </figure>
  );
}

function factsOf({ result }: ListedTask): string {
  if (!result) return "";
  const { width, height, output_seconds, stored } = result;
  const seconds = output_seconds ?? result.duration;
  const size = stored?.bytes ?? result.bytes;
  return [
    width && height ? `${width} × ${height}` : "",
    seconds ? duration(seconds) : "",
    size ? bytes(size) : "",
  ]
    .filter(Boolean)
    .join(" · ");
}
