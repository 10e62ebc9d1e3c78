import { defineConfig } from "vite";

/** Where `npm run dev` finds the API, for example that of `aigcq demo`. */
const api = process.env.AIGCQ_API ?? "http://127.0.0.1:8000";

/** The bundle has fixed names and nothing of the machine in it: built anywhere, it is the same byte for byte. */
export default defineConfig({
  base: "/console/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../aigcq/console",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        entryFileNames: "app.js",
        assetFileNames: "app[extname]",
        codeSplitting: false,
      },
    },
  },
  server: {
    proxy: { "^/(aigc|health|v1|metrics|docs|openapi)": { target: api, changeOrigin: true } },
  },
});
