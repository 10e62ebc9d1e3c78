// A user's program with openai-node as published: `node drive.mjs SDK SCENARIO BASE_URL` prints what came of it, as JSON.
import { pathToFileURL } from "node:url";

const [sdk, scenario, baseURL] = process.argv.slice(2);
const { default: OpenAI, toFile } = await import(pathToFileURL(`${sdk}/node_modules/openai/index.mjs`));

// The library sends files with what Node has had under this name since version 20; Debian 12 has 18.
globalThis.File ??= (await import("node:buffer")).File;

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const model = "Hailuo-2.3";
const client = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: "any", timeout: 60_000 });
const videos = client.videos;

async function errorOf(call) {
  try {
    await call();
  } catch (error) {
    const { status, message, code, param, requestID } = error;
    return { class: error.constructor.name, status, message, code, param, request_id: requestID };
  }
  return { class: null };
}

async function ended(id) {
  for (;;) {
    const video = await videos.retrieve(id);
    if (!["queued", "in_progress"].includes(video.status)) return video;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

const scenarios = {
  async everything() {
    const made = await ended((await videos.create({ prompt: "a fox runs", model, seconds: "6", size: "1280x720" })).id);
    const whole = Buffer.from(await (await videos.downloadContent(made.id)).arrayBuffer());
    const range = { headers: { Range: "bytes=0-99" } };
    const part = Buffer.from(await (await videos.downloadContent(made.id, {}, range)).arrayBuffer());
    const file = await toFile(PNG, "first.png", { type: "image/png" });
    return {
      made,
      is_mp4: whole.subarray(4, 8).toString() === "ftyp",
      part_is_the_beginning: part.equals(whole.subarray(0, 100)),
      remix: await videos.remix(made.id, { prompt: "a fox sleeps" }),
      file: await videos.create({ prompt: "a", model, input_reference: file }),
      object: await videos.create({ prompt: "a", model, input_reference: { image_url: "https://example.com/1.png" } }),
      extras: await videos.create({ prompt: "b", model: "sora-2", seconds: "8", size: "720x1280", metadata: { a: "1" } }),
      erased: await videos.delete(made.id),
      after_erasing: await errorOf(() => videos.retrieve(made.id)),
    };
  },
  async listing() {
    const made = [];
    for (let n = 0; n < 7; n++) made.push((await videos.create({ prompt: `${n}`, model })).id);
    const listed = [];
    for await (const video of videos.list({ limit: 3 })) listed.push(video.id);
    const cancelled = await videos.delete(made[0]);
    return { made, listed, cancelled, then: await videos.retrieve(made[0]) };
  },
  async errors() {
    const queued = (await videos.create({ prompt: "a", model })).id;
    return {
      seconds: await errorOf(() => videos.create({ prompt: "a", model, seconds: "7" })),
      model: await errorOf(() => videos.create({ prompt: "a", model: "nobody" })),
      unknown: await errorOf(() => videos.retrieve("video_0123")),
      not_ready: await errorOf(() => videos.downloadContent(queued)),
      edit: await errorOf(() => videos.edit({ prompt: "a", video: { id: queued } })),
      extend: await errorOf(() => videos.extend({ prompt: "a", video: { id: queued }, seconds: "4" })),
    };
  },
  async once() {
    const { id, status } = await videos.create({ prompt: "once", model });
    return { id, status };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
