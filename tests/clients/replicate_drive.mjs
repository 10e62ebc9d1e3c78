// A user's program with Replicate's Node libraries as published: `node replicate_drive.mjs SDK SCENARIO BASE_URL`
// prints what came of it, as JSON.
import { createRequire } from "node:module";

const [sdk, scenario, base] = process.argv.slice(2);
const require = createRequire(`${sdk}/`);
const Replicate = require("replicate");
const { parseProgressFromLogs } = Replicate;

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const model = "minimax/hailuo-2.3";
const input = { prompt: "a fox runs", duration: 6 };
const client = new Replicate({ auth: "any", baseUrl: `${base}/v1` });

async function errorOf(call) {
  try {
    await call();
  } catch (error) {
    return { class: error.name, status: error.response?.status, message: error.message };
  }
  return { class: null };
}

const scenarios = {
  async everything() {
    const seen = [];
    const progress = (prediction) => seen.push(prediction.status);
    const file = new File([PNG], "first.png", { type: "image/png" });
    const inline = new Replicate({ auth: "any", baseUrl: `${base}/v1`, fileEncodingStrategy: "data-uri" });
    return {
      url: `${await client.run(model, { input })}`,
      by_version: `${await client.run(`${model}:hailuo-2.3`, { input })}`,
      polled: `${await client.run(model, { input, wait: { mode: "poll", interval: 200 } }, progress)}`,
      outlasted: `${await client.run(model, { input, wait: { mode: "block", timeout: 1 } })}`,
      seen,
      file: await client.wait(await client.predictions.create({ model, input: { ...input, image: file } }), {}),
      buffer: await client.wait(await client.predictions.create({ model, input: { ...input, image: PNG } }), {}),
    };
  },
  async asking() {
    const made = [];
    for (let n = 0; n < 53; n++) made.push(await client.predictions.create({ model, input: { ...input, seed: n } }));
    const listed = [];
    for await (const page of client.paginate(client.predictions.list)) listed.push(...page.map((each) => each.id));
    const hook = { webhook: "https://hooks.example/a", webhook_events_filter: ["start"] };
    return {
      made: made.map((each) => each.id),
      listed,
      hooked: await client.predictions.create({ model, input, ...hook }),
      held: await client.predictions.create({ version: model, input: { ...input, seed: 99 }, wait: 1 }),
      canceled: await client.predictions.cancel(made[0].id),
      then: await client.predictions.get(made[0].id),
      model: await client.models.get("minimax", "hailuo-2.3"),
      account: await client.accounts.current(),
      progress: parseProgressFromLogs("processing\n 50%|##########          | 50/100\n"),
    };
  },
  async errors() {
    const create = (more) => () => client.predictions.create({ model, input: { ...input, ...more } });
    return {
      input: await errorOf(create({ fps: 24 })),
      file: await errorOf(create({ image: Buffer.from("GIF89a") })),
      model: await errorOf(() => client.run("nobody/nothing", { input })),
      unknown: await errorOf(() => client.predictions.get("nothing")),
    };
  },
  async once() {
    return client.predictions.create({ model, input: { ...input, prompt: "once" }, wait: 2 });
  },
  async vercel() {
    const { createReplicate } = require("@ai-sdk/replicate");
    const video = createReplicate({ apiToken: "any", baseURL: `${base}/v1` }).video(model);
    const asked = { prompt: "a fox", n: 1, duration: 6, aspectRatio: "16:9", resolution: "1366x768", seed: 3 };
    const image = { type: "file", mediaType: "image/png", data: new Uint8Array(PNG) };
    const started = await video.doStart({ ...asked, image, providerOptions: {} });
    for (;;) {
      const found = await video.doStatus({ operation: started.operation });
      if (found.status !== "pending") return { url: started.operation.getUrl, ...found };
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
